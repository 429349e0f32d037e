#include "delivery/attempts.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace vestnik::delivery {
namespace {

constexpr std::size_t batch_max = 512;

prometheus::Counter* attempts_counter(Metrics& metrics, Channel channel, const char* outcome) {
  return &metrics.counter("vestnik_delivery_attempts_total", "Delivery attempts by how they ended",
                          {{"channel", std::string(to_string(channel))}, {"outcome", outcome}});
}

}  // namespace

Attempts::Attempts(store::Ledger& ledger, Provider& provider, StepTeller& teller, Scheduler& scheduler,
                   Random& random, Metrics& metrics, Channel channel, RetryPolicy policy, MaySend may_send,
                   MoreRoom more_room, Finished finished)
    : ledger_(ledger),
      provider_(provider),
      teller_(teller),
      scheduler_(scheduler),
      random_(random),
      channel_(channel),
      policy_(policy),
      may_send_(std::move(may_send)),
      more_room_(std::move(more_room)),
      finished_(std::move(finished)),
      sent_(attempts_counter(metrics, channel, "sent")),
      deferred_(attempts_counter(metrics, channel, "deferred")),
      dead_(attempts_counter(metrics, channel, "dead")),
      in_doubt_(attempts_counter(metrics, channel, "in_doubt")),
      expired_(attempts_counter(metrics, channel, "expired")),
      begin_(scheduler, batch_max,
             [this](const auto& batch, auto ended) { call_begin(batch, std::move(ended)); }),
      record_(scheduler, batch_max,
              [this](const auto& batch, auto ended) { call_record(batch, std::move(ended)); }),
      receipts_(scheduler, batch_max,
                [this](const auto& batch, auto ended) { call_receipts(batch, std::move(ended)); }) {}

std::size_t Attempts::room() const {
  // Outcomes that the ledger does not take count too: if it can't be written, sending stops.
  const std::size_t wanted = provider_.capacity() + with_provider_;
  const std::size_t ahead = started_.size() + begin_.size() + record_.size();
  return wanted > ahead ? wanted - ahead : 0;
}

void Attempts::begin(Held held) {
  ++open_by_partition_[held.owner.partition];
  ++held.attempt;
  begin_.add(std::move(held));
}

void Attempts::expire(Held held) {
  ++open_by_partition_[held.owner.partition];
  end(std::move(held), store::DeliveryState::expired, StepKind::expired,
      "its time passed before it could be sent");
}

void Attempts::recover(Held held) {
  ++open_by_partition_[held.owner.partition];
  conclude(std::move(held), InDoubt{"the process that sent it stopped before it saw an answer"});
}

void Attempts::call_begin(const std::vector<Held>& batch, std::move_only_function<void(bool)> ended) {
  std::vector<store::AttemptStart> starts;
  starts.reserve(batch.size());
  for (const Held& held : batch) starts.push_back({held.owner, step_of(held, StepKind::sending, {})});
  ledger_.begin_attempts(std::move(starts),
                         back_on(scheduler_, alive_,
                                 [this, &batch, ended = std::move(ended)](
                                     Result<std::vector<store::Beginning>, store::Error> result) mutable {
                                   if (!result) {
                                     begin_unclear_ = true;
                                     ended(false);
                                     return;
                                   }
                                   const bool was_unclear = std::exchange(begin_unclear_, false);
                                   for (std::size_t i = 0; i < batch.size(); ++i)
                                     begun(batch[i], (*result)[i].kind == store::Beginning::Kind::begun, was_unclear);
                                   ended(true);
                                   send_started();
                                 }));
}

void Attempts::begun(const Held& held, bool applied, bool was_unclear) {
  if (applied) {
    teller_.tell({step_of(held, StepKind::sending, {})});
    started_.push_back(held);
  } else if (was_unclear) {
    settle_unclear(held);
  } else {
    // Somebody else has it: an older epoch of ours, or a row that has moved on.
    forget(held, std::nullopt);
  }
}

// A begin that failed without an answer may have been written. No byte was sent for it, so a row that says
// exactly what we were about to write is ours to go on with.
void Attempts::settle_unclear(const Held& held) {
  ledger_.find(
      held.notification->id,
      back_on(scheduler_, alive_, [this, held](Result<std::optional<store::Delivery>, store::Error> row) {
        if (!row) {
          settle_unclear(held);
        } else if (*row && (*row)->state == store::DeliveryState::sending &&
                   (*row)->attempt == held.attempt && (*row)->owner.epoch == held.owner.epoch) {
          started_.push_back(held);
          send_started();
        } else {
          forget(held, std::nullopt);
        }
      }));
}

void Attempts::send_started() {
  while (!started_.empty() && provider_.capacity() > 0) {
    Held held = std::move(started_.front());
    started_.pop_front();
    if (may_send_(held.owner)) {
      send(std::move(held));
    } else {
      give_back(std::move(held));
    }
  }
}

void Attempts::send(Held held) {
  ++with_provider_;
  more_room_();  // for the round ahead
  Attempt attempt{held.notification, held.attempt, held.progress};
  provider_.send(std::move(attempt),
                 [this, alive = std::weak_ptr(alive_), held = std::move(held)](Outcome outcome) mutable {
                   if (alive.expired()) return;
                   --with_provider_;
                   conclude(std::move(held), std::move(outcome));
                   send_started();
                 });
}

void Attempts::conclude(Held held, Outcome outcome) {
  const Timestamp now = scheduler_.clock().now();
  const bool more_left = held.attempt < policy_.attempts_max;
  std::visit(Overloaded{[&](Sent& sent) {
                          sent_->Increment();
                          Ending ending{{.owner = held.owner,
                                         .step = step_of(held, StepKind::sent, std::move(sent.answer)),
                                         .to = store::DeliveryState::sent,
                                         .message_ids = std::move(sent.message_ids)},
                                        std::move(held),
                                        std::nullopt};
                          record_.add(std::move(ending));
                        },
                        [&](Transient& transient) {
                          const bool burned = !transient.throttled;
                          if (burned && !more_left) {
                            end(std::move(held), store::DeliveryState::dead, StepKind::dead,
                                "attempts used up; last answer: " + transient.answer);
                            return;
                          }
                          std::chrono::microseconds delay =
                              policy_.backoff.after(burned ? held.attempt : 1, random_);
                          if (transient.retry_after)
                            delay = std::max<std::chrono::microseconds>(delay, *transient.retry_after);
                          held.progress = std::move(transient.progress);
                          retry_later({.held = std::move(held)}, std::move(transient.answer),
                                      StepKind::deferred, now + delay, burned);
                        },
                        [&](Permanent& permanent) {
                          end(std::move(held), store::DeliveryState::dead, StepKind::dead,
                              std::move(permanent.answer));
                        },
                        [&](InDoubt& in_doubt) {
                          if (!in_doubt.progress.empty()) held.progress = std::move(in_doubt.progress);
                          if (more_left) {
                            retry_later({.held = std::move(held)}, std::move(in_doubt.answer),
                                        StepKind::in_doubt, now, true);
                          } else {
                            end(std::move(held), store::DeliveryState::in_doubt, StepKind::in_doubt,
                                std::move(in_doubt.answer));
                          }
                        }},
             outcome);
}

void Attempts::retry_later(Ending ending, std::string answer, StepKind kind, Timestamp due_at, bool burned) {
  const Held& held = ending.held;
  if (held.notification->expires_at && due_at > *held.notification->expires_at) {
    end(std::move(ending.held), store::DeliveryState::expired, StepKind::expired,
        "its time passes before another attempt; last answer: " + answer);
    return;
  }
  (kind == StepKind::in_doubt ? in_doubt_ : deferred_)->Increment();
  ending.transition = {.owner = held.owner,
                       .step = step_of(held, kind, std::move(answer)),
                       .to = store::DeliveryState::pending,
                       .attempt_burned = burned,
                       .progress = held.progress};
  ending.transition.step.due_at = due_at;
  ending.retry = held;
  ending.retry->due_at = due_at;
  if (!burned) --ending.retry->attempt;
  record_.add(std::move(ending));
}

void Attempts::end(Held held, store::DeliveryState state, StepKind kind, std::string answer) {
  (kind == StepKind::dead ? dead_ : kind == StepKind::expired ? expired_ : in_doubt_)->Increment();
  Ending ending{{.owner = held.owner, .step = step_of(held, kind, std::move(answer)), .to = state},
                std::move(held),
                std::nullopt};
  record_.add(std::move(ending));
}

void Attempts::call_record(const std::vector<Ending>& batch, std::move_only_function<void(bool)> ended) {
  std::vector<store::Transition> transitions;
  transitions.reserve(batch.size());
  for (const Ending& ending : batch) transitions.push_back(ending.transition);
  ledger_.record(std::move(transitions),
                 back_on(scheduler_, alive_,
                         [this, &batch, ended = std::move(ended)](
                             Result<store::Ledger::Recorded, store::Error> result) mutable {
                           if (!result) {
                             ended(false);
                             return;
                           }
                           for (std::size_t i = 0; i < batch.size(); ++i) {
                             // Not applied: a repeated call whose first try was written (its step is in the
                             // outbox), or the row belongs to a newer owner, who tells it. A retry is held
                             // all the same: the ledger decides when it is to begin.
                             if (result->applied[i]) teller_.tell({batch[i].transition.step});
                             forget(batch[i].held, batch[i].retry);
                           }
                           teller_.tell(std::move(result->receipt_steps));
                           ended(true);
                         }));
}

void Attempts::call_receipts(const std::vector<ArrivedReceipt>& batch,
                             std::move_only_function<void(bool)> ended) {
  std::vector<Receipt> receipts;
  receipts.reserve(batch.size());
  for (const ArrivedReceipt& arrived : batch) receipts.push_back(arrived.receipt);
  ledger_.apply_receipts(std::move(receipts),
                         back_on(scheduler_, alive_,
                                 [this, &batch, ended = std::move(ended)](
                                     Result<std::vector<Step>, store::Error> steps) mutable {
                                   if (steps) {
                                     teller_.tell(std::move(*steps));
                                     for (const ArrivedReceipt& arrived : batch) (*arrived.recorded)();
                                   }
                                   ended(steps.has_value());
                                 }));
}

void Attempts::give_back(Held held) {
  retry_later({.held = std::move(held)}, "let go before it was sent", StepKind::deferred,
              scheduler_.clock().now(), false);
}

void Attempts::give_back_what_may_not_be_sent() {
  for (Held& held : std::exchange(started_, {})) {
    if (may_send_(held.owner)) {
      started_.push_back(std::move(held));
    } else {
      give_back(std::move(held));
    }
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
  return {.notification_id = n.id,
          .user_id = n.user_id,
          .event_id = n.event_id,
          .channel = channel_,
          .kind = kind,
          .attempt = held.attempt,
          .provider = std::string(provider_.name()),
          .sandbox = provider_.is_sandbox(),
          .answer = printable_utf8(answer, answer_bytes_max),
          .at = scheduler_.clock().now(),
          .due_at = std::nullopt,
          .traceparent = n.traceparent};
}

void Attempts::forget(const Held& held, std::optional<Held> retry) {
  --open_by_partition_[held.owner.partition];
  finished_(held, std::move(retry));
}

}  // namespace vestnik::delivery
