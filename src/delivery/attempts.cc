#include "delivery/attempts.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "delivery/limits.h"
#include "delivery/send_by.h"

namespace vestnik::delivery {
namespace {

constexpr std::size_t batch_max = 512;
// So that the ledger has the next outcomes at hand when it has written the ones before.
constexpr std::size_t record_calls_max = 2;

}  // namespace

Attempts::Attempts(store::Ledger& ledger, Lanes& lanes, StepTeller& teller, Scheduler& scheduler,
                   Random& random, Metrics& metrics, Channel channel, RetryPolicy policy, AttemptTrace trace,
                   Calls calls)
    : ledger_(ledger),
      lanes_(lanes),
      teller_(teller),
      scheduler_(scheduler),
      random_(random),
      channel_(channel),
      policy_(policy),
      calls_(std::move(calls)),
      metrics_(metrics, channel, lanes),
      trace_(std::move(trace)),
      begin_(scheduler, batch_max,
             [this](const auto& batch, auto ended) { call_begin(batch, std::move(ended)); }),
      begin_new_(scheduler, batch_max,
                 [this](const auto& batch, auto ended) { call_begin_new(batch, std::move(ended)); }),
      record_(
          scheduler, batch_max,
          [this](const auto& batch, auto ended) { call_record(batch, std::move(ended)); }, record_calls_max),
      receipts_(scheduler, batch_max,
                [this](const auto& batch, auto ended) { call_receipts(batch, std::move(ended)); }) {}

void Attempts::begin(Held held, Lane& lane) {
  ++open_by_partition_[held.owner.partition];
  ++held.attempt;
  held.provider = lane.name();
  held.in_lane = true;
  held.sent_at.reset();
  trace_.begin(held);
  lane.begun(held, scheduler_.clock().steady_now());
  (held.is_new ? begin_new_ : begin_).add(std::move(held));
}

void Attempts::call_begin(const std::vector<Held>& batch, std::move_only_function<void(bool)> ended) {
  std::vector<store::AttemptStart> starts;
  starts.reserve(batch.size());
  for (const Held& held : batch)
    starts.push_back(
        {held.owner, step_of(held, StepKind::sending, {}), limit_uses(held, *lanes_.find(held.provider))});
  const SteadyTime asked_at = scheduler_.clock().steady_now();
  ledger_.begin_attempts(std::move(starts),
                         back_on(scheduler_, alive_,
                                 [this, &batch, asked_at, ended = std::move(ended)](
                                     Result<std::vector<store::Beginning>, store::Error> result) mutable {
                                   if (!result) {
                                     begin_failing_ = true;
                                     ended(false);
                                     return;
                                   }
                                   const bool was_unclear = std::exchange(begin_failing_, false);
                                   for (std::size_t i = 0; i < batch.size(); ++i)
                                     begun(batch[i], (*result)[i], asked_at, was_unclear);
                                   ended(true);
                                   send_all_started();
                                 }));
}

void Attempts::call_begin_new(const std::vector<Held>& batch, std::move_only_function<void(bool)> ended) {
  std::vector<store::NewAttempt> attempts;
  attempts.reserve(batch.size());
  for (const Held& held : batch)
    attempts.push_back({held.notification, held.owner, step_of(held, StepKind::sending, {}), held.offset});
  const SteadyTime asked_at = scheduler_.clock().steady_now();
  ledger_.begin_new(std::move(attempts), scheduler_.clock().now(),
                    back_on(scheduler_, alive_,
                            [this, &batch, asked_at, ended = std::move(ended)](
                                Result<std::vector<bool>, store::Error> result) mutable {
                              if (!result) {
                                begin_new_failing_ = true;
                                ended(false);
                                return;
                              }
                              const bool was_unclear = std::exchange(begin_new_failing_, false);
                              for (std::size_t i = 0; i < batch.size(); ++i) {
                                if ((*result)[i])
                                  begun_new(batch[i], asked_at);
                                else
                                  settle_unclear(batch[i], was_unclear);
                              }
                              ended(true);
                              send_all_started();
                            }));
}

void Attempts::begun_new(Held held, SteadyTime asked_at) {
  calls_.admitted(held);
  held.is_new = false;
  begun(held, {.kind = store::Beginning::Kind::begun}, asked_at, false);
}

void Attempts::begun(const Held& held, const store::Beginning& beginning, SteadyTime asked_at,
                     bool was_unclear) {
  Lane& lane = *lanes_.find(held.provider);
  switch (beginning.kind) {
    case store::Beginning::Kind::begun: {
      if (teller_.tells()) teller_.tell({step_of(held, StepKind::sending, {})});
      Held started = held;
      started.send_by = send_by(limit_uses(held, lane), beginning, asked_at, scheduler_.clock());
      lane.started(std::move(started));
      return;
    }
    case store::Beginning::Kind::limited: {
      metrics_.limited();
      Held waiting = held;
      --waiting.attempt;
      leave(held);
      waiting.in_lane = false;
      waiting.spans.reset();
      calls_.limited(std::move(waiting), limit_uses(held, lane)[beginning.limit], beginning.until);
      return;
    }
    case store::Beginning::Kind::refused:
      if (was_unclear) return settle_unclear(held, true);
      refused(held);
      return;
  }
}

// Somebody else has it, or the row was read before an attempt of ours changed it, or the partition has gone
// and come back meanwhile.
void Attempts::refused(Held held) {
  if (!calls_.may_send(held.owner)) {
    leave(held);
    --held.attempt;
    held.in_lane = false;
    held.spans.reset();
    calls_.again(std::move(held), false);
    return;
  }
  ledger_.find(held.notification->id,
               back_on(scheduler_, alive_,
                       [this, held](const Result<std::optional<store::Delivery>, store::Error>& row) mutable {
                         if (!calls_.may_send(held.owner)) return refused(std::move(held));
                         const bool pending = row && *row && (*row)->state == store::DeliveryState::pending;
                         const bool moved_on = pending && (*row)->attempt + 1 != held.attempt;
                         forget(held, std::nullopt);
                         if (!row || moved_on) calls_.moved_on();  // or nobody knows
                       }));
}

// A begin that failed without an answer may have been written. No byte was sent for it, so a row that says
// exactly what we were about to write is ours to go on with. What is new and was refused may be in any state.
void Attempts::settle_unclear(const Held& held, bool was_unclear) {
  const SteadyTime asked_at = scheduler_.clock().steady_now();
  ledger_.find(
      held.notification->id,
      back_on(scheduler_, alive_,
              [this, held, asked_at, was_unclear](Result<std::optional<store::Delivery>, store::Error> row) {
                row ? settled(held, std::move(*row), asked_at, was_unclear)
                    : settle_unclear(held, was_unclear);
              }));
}

void Attempts::settled(const Held& held, std::optional<store::Delivery> row, SteadyTime asked_at,
                       bool was_unclear) {
  const bool has_begun = row && row->state == store::DeliveryState::sending && row->attempt == held.attempt;
  const bool as_ours = has_begun && row->owner.epoch == held.owner.epoch;
  Held mine = held;
  mine.is_new = false;
  if (as_ours && was_unclear) {
    if (held.is_new) calls_.admitted(held);
    Lane& lane = *lanes_.find(held.provider);
    // When it was counted against its limits nobody knows.
    mine.send_by = limit_uses(held, lane).empty() ? asked_at + send_within : SteadyTime::min();
    lane.started(std::move(mine));
    send_started(lane);
    watch_started();
  } else if ((as_ours && !was_unclear) || (has_begun && !calls_.may_send(held.owner))) {
    if (held.is_new) calls_.admitted(held);
    leave(held);
    mine.in_lane = false;
    mine.spans.reset();
    calls_.again(std::move(mine), true);
  } else if (held.is_new) {
    leave(held);
    --mine.attempt;
    mine.in_lane = false;
    mine.spans.reset();
    calls_.not_new(std::move(mine), std::move(row));
  } else {
    refused(held);
  }
}

void Attempts::send_all_started() {
  for (Lane& lane : lanes_.all()) send_started(lane);
  watch_started();
}

// What is not sent in time is given back, though its turn never comes.
void Attempts::watch_started() {
  if (started_timer_ || std::ranges::none_of(lanes_.all(), &Lane::has_started)) return;
  started_timer_ = scheduler_.after(send_within / 2, [this] {
    started_timer_.reset();
    give_back_what_may_not_be_sent();
    watch_started();
  });
}

void Attempts::send_started(Lane& lane) {
  if (begin_failing_ || begin_new_failing_ || record_failing_) return;
  while (std::optional<Held> held = lane.next_to_send(scheduler_.clock().steady_now())) {
    if (may_send(*held)) {
      send(std::move(*held), lane);
    } else {
      lane.answered(*held, scheduler_.clock().steady_now());
      give_back(std::move(*held));
    }
  }
}

// One that has waited too long since it began may belong to somebody else by now, or count in another window.
bool Attempts::may_send(const Held& held) const {
  return calls_.may_send(held.owner) && (!held.send_by || scheduler_.clock().steady_now() <= *held.send_by);
}

void Attempts::send(Held held, Lane& lane) {
  calls_.more_room();  // for the rounds ahead
  Attempt attempt{held.notification, held.attempt, held.progress};
  trace_.sending(held, attempt);
  lane.provider().send(std::move(attempt), [this, &lane, alive = std::weak_ptr(alive_),
                                            held = std::move(held)](Outcome outcome) mutable {
    if (alive.expired()) return;
    const SteadyTime now = scheduler_.clock().steady_now();
    lane.answered(held, now);
    metrics_.exchanged(held.provider, now - held.sent_at.value_or(now));
    trace_.answered(held, outcome);
    note_in_breaker(lane, outcome);
    conclude(std::move(held), std::move(outcome));
    calls_.more_room();
    send_started(lane);
  });
}

void Attempts::give_back(Held held) {
  retry_later(std::move(held), "let go before it was sent", StepKind::deferred, scheduler_.clock().now(),
              Burn::given_back);
}

void Attempts::give_back_what_may_not_be_sent() {
  const SteadyTime now = scheduler_.clock().steady_now();
  const bool any_up = lanes_.any_up(now);
  for (Lane& lane : lanes_.all()) {
    const bool move_on = any_up && !lane.is_up(now);
    for (Held& held : lane.take_started([&](const Held& h) { return move_on || !may_send(h); }))
      give_back(std::move(held));
  }
}

std::size_t Attempts::open(const std::function<bool(std::int32_t)>& of_partition) const {
  std::size_t count = 0;
  for (const auto& [partition, open] : open_by_partition_)
    if (of_partition(partition)) count += open;
  return count;
}

bool Attempts::idle() const {
  return receipts_.idle() && open([](std::int32_t) { return true; }) == 0;
}

Step Attempts::step_of(const Held& held, StepKind kind, std::string answer) const {
  const Notification& n = *held.notification;
  const Lane* lane = lanes_.find(held.provider);
  return {.notification_id = n.id,
          .user_id = n.user_id,
          .event_id = n.event_id,
          .channel = channel_,
          .kind = kind,
          .attempt = held.attempt,
          .provider = held.provider,
          .sandbox = lane && lane->provider().is_sandbox(),
          .answer = printable_utf8(answer, answer_bytes_max),
          .at = scheduler_.clock().now(),
          .due_at = std::nullopt,
          .traceparent = AttemptTrace::traceparent(held)};
}

void Attempts::leave(const Held& held) {
  --open_by_partition_[held.owner.partition];
  if (held.in_lane) lanes_.find(held.provider)->ended(held);
}

void Attempts::forget(const Held& held, std::optional<Held> retry) {
  leave(held);
  if (retry) retry->in_lane = false;
  calls_.finished(held, std::move(retry));
}

}  // namespace vestnik::delivery
