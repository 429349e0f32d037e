#include "sms/sandbox_provider.h"

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace vestnik::sms {
namespace {

std::string parts_json(const std::vector<text::Part>& parts) {
  json::array array;
  for (const text::Part& part : parts)
    array.push_back(
        json::object{{"text", part.text}, {"encoding", to_string(part.encoding)}, {"units", part.units}});
  return json::serialize(array);
}

}  // namespace

SmsSandbox::SmsSandbox(Scheduler& scheduler, store::Sandbox& sandbox, std::size_t attempts_max)
    : scheduler_(scheduler), sandbox_(sandbox), attempts_max_(attempts_max) {}

std::size_t SmsSandbox::capacity() const {
  return stopping_ ? 0 : attempts_max_ - std::min(attempts_max_, open_);
}

void SmsSandbox::send(delivery::Attempt attempt, delivery::AttemptDone done) {
  const Notification& n = *attempt.notification;
  ++open_;
  const auto parts = text::segment(n.text, text::concatenation_reference(n.id));
  if (!parts) {
    auto refused = std::make_shared<Batch>();
    refused->done.push_back(std::move(done));
    being_kept_.push_back(refused);
    scheduler_.post([this, alive = std::weak_ptr(alive_), refused, reason = parts.error().message] {
      if (!alive.expired()) finish(refused, Permanent{reason});
    });
    return;
  }
  if (!collecting_) {
    collecting_ = std::make_shared<Batch>();
    scheduler_.post([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) flush();
    });
  }
  collecting_->messages.push_back({.notification_id = n.id,
                                   .channel = Channel::sms,
                                   .to = n.to,
                                   .text = n.text,
                                   .raw = parts_json(*parts),
                                   .kept_at = scheduler_.clock().now()});
  collecting_->done.push_back(std::move(done));
}

void SmsSandbox::flush() {
  auto batch = std::exchange(collecting_, nullptr);
  if (!batch) return;
  being_kept_.push_back(batch);
  // The store answers on a thread of its own.
  sandbox_.keep(std::move(batch->messages), [this, &scheduler = scheduler_, alive = std::weak_ptr(alive_),
                                             batch](Result<void, store::Error> kept) mutable {
    Outcome outcome = Sent{.answer = "kept in the sandbox"};
    if (!kept) outcome = Transient{.answer = "the sandbox could not keep it: " + kept.error().message};
    scheduler.post([this, alive, batch = std::move(batch), outcome = std::move(outcome)]() mutable {
      if (!alive.expired()) finish(std::move(batch), std::move(outcome));
    });
  });
}

void SmsSandbox::finish(std::shared_ptr<Batch> batch, Outcome outcome) {
  // Given up at stop()'s limit already.
  if (std::erase(being_kept_, batch) == 0) return;
  const bool was_full = capacity() == 0;
  open_ -= batch->done.size();
  for (delivery::AttemptDone& done : std::exchange(batch->done, {})) done(outcome);
  if (was_full && capacity() > 0 && on_capacity_) on_capacity_();
  if (stopping_ && open_ == 0) finish_stop();
}

void SmsSandbox::stop(std::chrono::milliseconds limit, Task stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  if (open_ == 0) return finish_stop();
  stop_timer_ = scheduler_.after(limit, [this] {
    if (collecting_) being_kept_.push_back(std::exchange(collecting_, nullptr));
    for (const auto& batch : std::vector(being_kept_))
      finish(batch, Transient{.answer = "stopped before it was kept"});
  });
}

void SmsSandbox::finish_stop() {
  if (!stopped_) return;
  stop_timer_.reset();
  scheduler_.post(std::exchange(stopped_, nullptr));
}

}  // namespace vestnik::sms
