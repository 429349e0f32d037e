#include "delivery/engine.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;

// Outcomes wait for the transaction that admissions are in, and keep their providers' places meanwhile, as
// registrations wait for it: it is to take a few milliseconds.
constexpr std::size_t admit_batch_max = 48;
// Deliveries due later than this wait in the ledger; reading again this often finds them in time.
constexpr auto horizon = 10min;
constexpr auto period = 10s;
constexpr auto claim_pause = 500ms;
constexpr std::size_t sweep_waiting_max = 1'000;
// Counted in turns rather than in time: a process that was stopped wakes with its time over but its turns to
// come. Together longer than a consumer group needs to find a member missing (10 s).
constexpr int refused_claims_max = 20;
constexpr auto stop_check = 5ms;

const auto every_partition = [](std::int32_t) { return true; };

}  // namespace

Engine::Engine(EngineOptions options, log::Log& log, store::Ledger& ledger,
               std::vector<RoutedProvider> providers, Scheduler& scheduler, Random& random, Metrics& metrics)
    : options_(std::move(options)),
      name_(std::string(to_string(options_.channel)) + "-service"),
      log_(log),
      ledger_(ledger),
      lanes_(std::move(providers)),
      scheduler_(scheduler),
      admitted_(metrics.counter("vestnik_delivery_admitted_total",
                                "Notifications the ledger took responsibility for",
                                {{"channel", std::string(to_string(options_.channel))}})),
      poison_(metrics.counter("vestnik_poison_records_total",
                              "Records that could not be read and were let go", {{"service", name_}})),
      held_(metrics.gauge("vestnik_delivery_held",
                          "Deliveries held in memory, those with an open attempt included",
                          {{"channel", std::string(to_string(options_.channel))}})),
      teller_(log, ledger, scheduler, options_.analytics_topic),
      attempts_(ledger, lanes_, teller_, scheduler, random, metrics, options_.channel, options_.retry,
                {options_.tracer, options_.channel, options_.traceparent_in_messages},
                {.may_send = [this](const store::Owner& owner) { return !stopping_ && owns(owner); },
                 .more_room = [this] { pump(); },
                 .limited = [this](Held held, const store::LimitUse& use,
                                   Timestamp until) { limited(std::move(held), use, until); },
                 .again = [this](Held held, bool begun) { again(std::move(held), begun); },
                 .moved_on =
                     [this] {
                       leave_in_ledger();
                       pump();
                     },
                 .admitted = [this](const Held& held) { admitted(held); },
                 .not_new = [this](const Held& held,
                                   std::optional<store::Delivery> row) { not_new(held, std::move(row)); },
                 .finished = [this](const Held& held,
                                    std::optional<Held> retry) { finished(held, std::move(retry)); }}),
      admit_(scheduler, admit_batch_max,
             [this](const auto& batch, auto ended) { call_admit(batch, std::move(ended)); }) {}

Engine::~Engine() = default;

void Engine::start() {
  for (Lane& lane : lanes_.all()) {
    lane.provider().on_capacity([this, &lane] {
      attempts_.provider_has_capacity(lane);
      pump();
    });
    lane.provider().on_receipt([this, &lane](Receipt receipt, Task recorded) {
      receipt.provider = lane.name();
      attempts_.receipt_came(std::move(receipt), std::move(recorded));
    });
  }
  teller_.start(options_.channel);
  periodic();
  subscription_ =
      log_.subscribe({.group = options_.group, .topics = {options_.notification_topic}}, *this, scheduler_);
}

// While the ledger has due deliveries that memory has not, new ones wait there too: each in its turn. One
// that goes on to another provider has had its turn, and the ledger doesn't know which have failed it.
void Engine::hold(Held held) {
  const auto partition = partitions_.find(held.owner.partition);
  if (partition == partitions_.end() || !partition->second.claimed) return;
  const Timestamp now = scheduler_.clock().now();
  look_at_clock(now);  // before what is due by the new time is among what is due by the old
  if (held.due_at > now + horizon) return;
  if (held.tried == 0 && (backlog_ || memory_is_full())) {
    leave_in_ledger();
    read_paused_ = read_paused_ && held.due_at > now;
    return;
  }
  schedule_.add(std::move(held));
}

void Engine::pump() {
  // Everything that calls this may do so many times in a turn.
  if (std::exchange(pump_posted_, true)) return;
  scheduler_.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    pump_posted_ = false;
    if (stopping_) return;
    const Timestamp now = scheduler_.clock().now();
    look_at_clock(now);
    admit_what_has_waited();
    begin_due(now);
    begin_arrived(now);
    held_.Set(static_cast<double>(schedule_.size()));
    make_room_in_memory(now);
    if ((read_wanted_ || (backlog_ && !read_paused_)) && memory_has_room() && is_worth_reading(now))
      read_due();
    set_due_timer(now);
  });
}

void Engine::on_assigned(std::vector<log::TopicPartition> partitions, std::int64_t epoch) {
  for (const log::TopicPartition& partition : partitions) partitions_[partition.partition] = {epoch, false};
  logging::debug(name_, "partitions assigned", {{"count", partitions.size()}, {"epoch", epoch}});
  claim_unclaimed();
}

void Engine::claim_unclaimed() {
  std::vector<store::Owner> owners;
  for (const auto& [number, partition] : partitions_)
    if (!partition.claimed) owners.push_back({number, partition.epoch});
  if (owners.empty() || stopping_) return;
  ledger_.claim(
      options_.channel, owners,
      back_on(scheduler_, alive_, [this, owners](Result<store::Ledger::Claimed, store::Error> answer) {
        const bool again = !answer || !answer->newer.empty();
        if (answer) claimed(owners, std::move(*answer));
        if (again) claim_timer_ = scheduler_.after(claim_pause, [this] { claim_unclaimed(); });
      }));
}

void Engine::claimed(const std::vector<store::Owner>& owners, store::Ledger::Claimed answer) {
  if (stopping_) return;
  for (const store::Owner& in_force : answer.newer) claim_refused(in_force);
  for (const store::Owner& owner : owners) {
    if (owns(owner) && !std::ranges::count(answer.newer, owner.partition, &store::Owner::partition))
      partitions_[owner.partition].claimed = true;
  }
  for (store::Delivery& delivery : answer.open) {
    // One that is still open here (the partition went and came back) ends by itself.
    if (!partitions_.contains(delivery.owner.partition) || schedule_.contains(delivery.notification.id))
      continue;
    Held held = held_from(std::move(delivery));
    schedule_.taken_over(held);
    attempts_.recover(std::move(held));
  }
  sweep_outbox();
  leave_in_ledger();
  pump();
}

// Either we slept and the partition has moved: then the log tells us so in one of the next turns. Or the log
// counts its epochs anew (Kafka forgets a group that was empty for a week, or was set up afresh beside an old
// database): then we are the owner all the same, and go on from the epoch that is in force.
void Engine::claim_refused(const store::Owner& in_force) {
  const auto partition = partitions_.find(in_force.partition);
  if (partition == partitions_.end() || partition->second.epoch >= in_force.epoch) return;
  if (++partition->second.refused_claims < refused_claims_max) return;
  logging::warning(name_, "the log counts its assignments anew; going on from the ledger's count",
                   {{"partition", in_force.partition}, {"epoch", in_force.epoch}});
  partition->second = {.epoch = in_force.epoch + 1};
}

// A read that is under way may not see it: then another one follows.
void Engine::leave_in_ledger() {
  backlog_ = true;
  left_while_reading_ = reading_;
}

// A row read before an attempt of ours changed it is stale; begin_attempts finds out.
void Engine::read_due() {
  const auto partitions = claimed_partitions();
  if (reading_ || partitions.empty()) return;
  reading_ = true;
  read_wanted_ = false;
  left_while_reading_ = false;
  const std::size_t limit = read_limit();
  look_at_clock(scheduler_.clock().now());
  ledger_.due(options_.channel, partitions, scheduler_.clock().now() + horizon, limit,
              back_on(scheduler_, alive_,
                      [this, limit,
                       wall_ahead = *wall_ahead_](Result<std::vector<store::Delivery>, store::Error> due) {
                        reading_ = false;
                        if (!due) {
                          read_wanted_ = true;
                          read_timer_ = scheduler_.after(claim_pause, [this] { pump(); });
                          return;
                        }
                        backlog_ = due->size() == limit || left_while_reading_;
                        look_at_clock(scheduler_.clock().now());
                        hold_read(std::move(*due), *wall_ahead_ - wall_ahead);
                        pump();
                      }));
}

void Engine::hold_read(std::vector<store::Delivery> due, std::chrono::microseconds clock_set_by) {
  for (store::Delivery& delivery : due) {
    if (!partitions_.contains(delivery.owner.partition)) continue;
    // What has come since it was asked for may have taken the room.
    if (schedule_.size() >= options_.held_max + options_.read_max) return leave_in_ledger();
    Held held = held_from(std::move(delivery));
    if (!held.due_by_wall_clock()) held.due_at += clock_set_by;
    schedule_.add(std::move(held));
  }
}

Held Engine::held_from(store::Delivery delivery) const {
  const auto& [number, partition] = *partitions_.find(delivery.owner.partition);
  return {.notification = std::make_shared<const Notification>(std::move(delivery.notification)),
          .owner = {number, partition.epoch},
          .attempt = delivery.attempt,
          .due_at = delivery.due_at,
          .progress = std::move(delivery.progress),
          .provider = std::move(delivery.provider),
          .retried_after = delivery.retried_after,
          // It may have waited long enough, whatever it waited for.
          .placed = true};
}

void Engine::look() {
  read_wanted_ = true;
  sweep_outbox();
  pump();
}

void Engine::sweep_outbox() {
  const auto partitions = claimed_partitions();
  // What is being told would be told twice.
  if (partitions.empty() || teller_.waiting() > sweep_waiting_max) return;
  ledger_.untold(options_.channel, partitions, 10'000,
                 back_on(scheduler_, alive_, [this](Result<std::vector<Step>, store::Error> steps) {
                   if (steps) teller_.tell_untold(std::move(*steps));
                 }));
}

void Engine::periodic() {
  periodic_timer_ = scheduler_.after(period, [this] {
    if (stopping_) return;
    // What was due beyond the horizon, what a failed read left, and what others have changed.
    for (Held& held : parking_.take_if([](const Held&) { return true; })) put_back_due(std::move(held));
    attempts_.give_back_what_may_not_be_sent();
    look();
    periodic();
  });
}

void Engine::on_revoked(std::vector<log::TopicPartition> partitions, Task released) {
  Release release{{}, std::move(released)};
  for (const log::TopicPartition& partition : partitions) {
    partitions_.erase(partition.partition);
    release.partitions.push_back(partition.partition);
  }
  const auto leaves = [&](std::int32_t partition) {
    return std::ranges::count(release.partitions, partition) > 0;
  };
  drop_arrived(leaves);
  for (const Held& held : parking_.take_if([&](const Held& h) { return leaves(h.owner.partition); }))
    schedule_.finished(held);
  schedule_.drop(leaves);
  attempts_.give_back_what_may_not_be_sent();
  releases_.push_back(std::move(release));
  release_what_is_over();
}

void Engine::release_what_is_over() {
  std::erase_if(releases_, [&](Release& release) {
    const auto leaves = [&](std::int32_t partition) {
      return std::ranges::count(release.partitions, partition) > 0;
    };
    if (attempts_.open(leaves) > 0) return false;
    // The next owner admits what comes after these: in the order accepted, if these are there by then.
    if (std::ranges::any_of(release.partitions, [&](std::int32_t p) { return admitting_[p] > 0; }))
      return false;
    release.released();
    return true;
  });
}

void Engine::stop(std::chrono::milliseconds limit, Task stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  drop_arrived(every_partition);
  stop_limit_ = scheduler_.after(limit, [this] {
    logging::warning(name_, "stops with attempts still open; the next start finds them in the ledger",
                     {{"open", attempts_.open(every_partition)}});
    stop_timer_.reset();
    leave();
  });
  // Earlier than the limit, so that what the provider ends by force can still be recorded.
  for (Lane& lane : lanes_.all()) lane.provider().stop(limit * 3 / 4, [] {});
  stop_when_over();
}

void Engine::stop_when_over() {
  attempts_.give_back_what_may_not_be_sent();
  if (!attempts_.idle() || !admit_.idle() || !teller_.idle()) {
    stop_timer_ = scheduler_.after(stop_check, [this] { stop_when_over(); });
    return;
  }
  stop_limit_.reset();
  leave();
}

void Engine::leave() {
  teller_.end();
  subscription_.reset();
  std::exchange(stopped_, nullptr)();
}

bool Engine::owns(const store::Owner& owner) const {
  const auto partition = partitions_.find(owner.partition);
  return partition != partitions_.end() && partition->second.epoch == owner.epoch;
}

bool Engine::memory_is_full() const {
  return schedule_.size() >= options_.held_max || schedule_.bytes() >= options_.held_bytes_max;
}

bool Engine::memory_has_room() const {
  return schedule_.size() < options_.held_max / 2 && schedule_.bytes() < options_.held_bytes_max / 2;
}

// Every read brings what memory has already, too: so not before most of that is used up.
bool Engine::is_worth_reading(Timestamp now) const {
  const auto due = schedule_.next_due();
  return read_wanted_ || !due || *due > now || schedule_.size() < options_.read_max / 4;
}

// They are read whole, those that memory has already too; that the new ones are about as large is a guess.
std::size_t Engine::read_limit() const {
  constexpr std::size_t more_min = 16;
  const std::size_t usual_bytes = schedule_.size() > 0 ? schedule_.bytes() / schedule_.size() : 1;
  const std::size_t more = std::max(more_min, options_.held_bytes_max / 4 / usual_bytes);
  return schedule_.size() + std::min(more, options_.read_max);
}

std::vector<std::int32_t> Engine::claimed_partitions() const {
  std::vector<std::int32_t> result;
  for (const auto& [number, partition] : partitions_)
    if (partition.claimed) result.push_back(number);
  return result;
}

}  // namespace vestnik::delivery
