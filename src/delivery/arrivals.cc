// What arrives, and how it comes into the ledger (the part of Engine between the log and the schedule).
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "delivery/engine.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;

// What a consumer may have in hand (log::SubscribeOptions) is worked off in that time at 8,000 a second.
constexpr auto wait_max = 500ms;

}  // namespace

void Engine::on_records(std::vector<log::ConsumedRecord> records) {
  if (stopping_) return;  // not done: they come again
  for (log::ConsumedRecord& record : records) {
    const auto partition = partitions_.find(record.position.partition);
    if (partition == partitions_.end()) continue;  // revoked in the meantime
    auto notification = decode_notification(record.record);
    if (!notification) {
      poison_.Increment();
      logging::error(name_, "a record can't be read and is let go",
                     {{"topic", record.position.topic},
                      {"partition", record.position.partition},
                      {"offset", record.position.offset},
                      {"reason", notification.error().reason}});
      subscription_->done(record.position);
    } else if (notification->channel != options_.channel) {
      subscription_->done(record.position);
    } else {
      ++admitting_[partition->first];
      arrived_.push_back({std::move(record.position),
                          std::make_shared<const Notification>(std::move(*notification)),
                          {partition->first, partition->second.epoch},
                          scheduler_.clock().steady_now()});
    }
  }
  admit_what_has_waited();
  pump();
}

// Where attempts begin as fast as they are asked for, what is new waits for its turn in memory, its offset
// held, and comes into the ledger with its attempt: one write, where it would be two. Else it comes there at
// once, so that nobody waits for what is slow.
void Engine::admit_what_has_waited() {
  if (arrived_.empty()) return;
  const SteadyTime now = scheduler_.clock().steady_now();
  const bool keeps_pace = ledger_.begins_new() && lanes_.keep_pace(now) && !memory_is_full();
  while (!arrived_.empty() && (!keeps_pace || now - arrived_.front().at >= wait_max) &&
         !follows_beginning(arrived_.front())) {
    admit_.add(std::move(arrived_.front()));
    arrived_.pop_front();
  }
  if (arrived_.empty() || wait_timer_) return;
  wait_timer_ = scheduler_.after(wait_max, [this] {
    wait_timer_.reset();
    if (stopping_) return;
    admit_what_has_waited();
    pump();
  });
}

// In the order of their arrival, each when nothing before it is on its way into the ledger, waits there, or
// is due. What a read brings has its room in memory promised.
void Engine::begin_arrived(Timestamp now) {
  while (!arrived_.empty() && admit_.idle() && !backlog_ && !reading_ && !memory_is_full()) {
    if (const auto due = schedule_.next_due(); due && *due <= now) return;
    Arrival& arrival = arrived_.front();
    const auto partition = partitions_.find(arrival.owner.partition);
    if (partition == partitions_.end() || !partition->second.claimed) return;
    arrival.owner.epoch = partition->second.epoch;
    Held held{.notification = arrival.notification,
              .owner = arrival.owner,
              .due_at = now,
              .is_new = true,
              .offset = arrival.position.offset};
    const Lanes::Choice choice = lanes_.choose(held, scheduler_.clock().steady_now());
    if (choice.why == Lanes::Why::full) return;
    const Notification& n = *arrival.notification;
    const bool may_begin = choice.why == Lanes::Why::chosen && limit_uses(held, *choice.lane).empty() &&
                           n.send_at.value_or(now) <= now && !held.expires_by(now) &&
                           !schedule_.contains(n.id) && !schedule_.is_busy(n.user_id);
    if (follows_beginning(arrival)) return;
    if (may_begin) {
      schedule_.taken_over(held);
      beginning_.emplace(n.id, std::move(arrival));
      attempts_.begin(std::move(held), *choice.lane);
    } else {
      admit_.add(std::move(arrival));
    }
    arrived_.pop_front();
  }
}

// What came before it for its user is on its way into the ledger, and must be there first: after a crash in
// between the later one would be found there, and go first.
bool Engine::follows_beginning(const Arrival& arrival) const {
  return !beginning_.empty() && schedule_.is_busy(arrival.notification->user_id);
}

void Engine::admitted(const Held& held) {
  let_go_new(held);
  admitted_.Increment();
}

// The ledger has it.
void Engine::let_go_new(const Held& held) {
  const auto arrival = beginning_.extract(held.notification->id);
  --admitting_[held.owner.partition];
  if (subscription_) subscription_->done(arrival.mapped().position);
  pump();
}

// What the ledger has of it takes its place here, so that what has come after it for its user still does.
void Engine::not_new(const Held& held, std::optional<store::Delivery> row) {
  if (!row) {
    auto arrival = beginning_.extract(held.notification->id);
    admit_.add(std::move(arrival.mapped()));
    schedule_.finished(held);
    pump();
    return;
  }
  let_go_new(held);
  const bool pending =
      row->state == store::DeliveryState::pending && partitions_.contains(held.owner.partition);
  const bool is_due = row->due_at <= scheduler_.clock().now();
  schedule_.finished(held);
  if (pending && is_due) {
    Held known = held_from(*std::move(row));
    known.due_at = std::min(known.due_at, held.due_at);
    known.order = held.order;
    schedule_.add(std::move(known));
  } else if (pending) {
    leave_in_ledger();
  }
  pump();
}

// Their offsets are held: they come again, to whom the partition belongs then.
void Engine::drop_arrived(const std::function<bool(std::int32_t partition)>& of_partition) {
  std::erase_if(arrived_, [&](const Arrival& arrival) {
    if (!of_partition(arrival.owner.partition)) return false;
    --admitting_[arrival.owner.partition];
    return true;
  });
}

void Engine::call_admit(const std::vector<Arrival>& batch, std::move_only_function<void(bool)> ended) {
  std::vector<store::Admission> admissions;
  admissions.reserve(batch.size());
  for (const Arrival& arrival : batch) admissions.push_back({*arrival.notification, arrival.owner});
  const Timestamp now = scheduler_.clock().now();
  ledger_.admit(std::move(admissions), now,
                back_on(scheduler_, alive_,
                        [this, &batch, now,
                         ended = std::move(ended)](Result<std::vector<bool>, store::Error> added) mutable {
                          if (!added) {
                            ended(false);
                            return;
                          }
                          for (std::size_t i = 0; i < batch.size(); ++i) {
                            const Arrival& arrival = batch[i];
                            --admitting_[arrival.owner.partition];
                            if (subscription_) subscription_->done(arrival.position);
                            if (!(*added)[i]) {
                              // Known, by a call whose answer was lost or by an owner before us: it may be
                              // pending there, and what comes after it has to wait for it.
                              if (!schedule_.contains(arrival.notification->id)) leave_in_ledger();
                              continue;
                            }
                            admitted_.Increment();
                            hold({.notification = arrival.notification,
                                  .owner = arrival.owner,
                                  // The clock may have been set back since.
                                  .due_at = arrival.notification->send_at.value_or(
                                      std::min(now, scheduler_.clock().now()))});
                          }
                          ended(true);
                          release_what_is_over();
                          pump();
                        }));
}

}  // namespace vestnik::delivery
