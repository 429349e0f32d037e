#include "planning/notification_service.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "model/event.h"

namespace vestnik::planning {
namespace {

constexpr std::string_view component = "notification-service";

Step too_large_step(const Notification& notification, Timestamp now) {
  return {.notification_id = notification.id,
          .user_id = notification.user_id,
          .event_id = notification.event_id,
          .channel = notification.channel,
          .kind = StepKind::dead,
          .answer = "the planned notification is larger than the log takes",
          .at = now,
          .traceparent = notification.traceparent};
}

// Seconds: from a lone event's way to a backlog of hours.
const prometheus::Histogram::BucketBoundaries latency_bounds{
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600};

std::size_t size_of(const Record& record) { return record.key.size() + record.value.size(); }

}  // namespace

struct NotificationService::Counters {
  explicit Counters(Metrics& metrics)
      : planned(events(metrics, "planned")),
        no_workflow(events(metrics, "no_workflow")),
        poison(events(metrics, "poison")),
        email(notifications(metrics, "email")),
        sms(notifications(metrics, "sms")),
        skipped(steps(metrics, "skipped")),
        dead(steps(metrics, "dead")),
        append_failures(metrics.counter("vestnik_planning_append_failures_total",
                                        "Appends of planned notifications that were refused and repeated")),
        planned_after(metrics.histogram("vestnik_planning_accepted_to_planned_seconds",
                                        "From an event's acceptance to its plan", latency_bounds)) {}

  static prometheus::Counter& events(Metrics& metrics, const char* result) {
    return metrics.counter("vestnik_planning_events_total",
                           "Events that notification-service dealt with; one delivered again counts again",
                           {{"result", result}});
  }
  static prometheus::Counter& notifications(Metrics& metrics, const char* channel) {
    return metrics.counter("vestnik_planning_notifications_total", "Notifications planned",
                           {{"channel", channel}});
  }
  static prometheus::Counter& steps(Metrics& metrics, const char* kind) {
    return metrics.counter(
        "vestnik_planning_unplanned_total",
        "Steps of workflows that led to no notification: no contact, or not to be rendered",
        {{"kind", kind}});
  }

  prometheus::Counter& planned;
  prometheus::Counter& no_workflow;
  prometheus::Counter& poison;
  prometheus::Counter& email;
  prometheus::Counter& sms;
  prometheus::Counter& skipped;
  prometheus::Counter& dead;
  prometheus::Counter& append_failures;
  prometheus::Histogram& planned_after;
};

NotificationService::NotificationService(log::Log& log, Scheduler& scheduler,
                                         NotificationServiceOptions options,
                                         std::shared_ptr<const Configured> configured, Metrics& metrics,
                                         trace::Tracer tracer)
    : log_(log),
      scheduler_(scheduler),
      options_(std::move(options)),
      configured_(std::move(configured)),
      tracer_(tracer),
      append_name_("append " + options_.notification_events),
      counters_(std::make_unique<Counters>(metrics)),
      pause_(options_.retry_pause_min),
      self_(std::make_shared<NotificationService*>(this)) {}

NotificationService::~NotificationService() = default;

Task NotificationService::guarded(void (NotificationService::*step)()) {
  return [weak = std::weak_ptr(self_), step] {
    if (const auto self = weak.lock()) ((*self)->*step)();
  };
}

void NotificationService::start() {
  scheduler_.post([weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (!self || (*self)->phase_ != Phase::running) return;
    NotificationService& service = **self;
    service.subscription_ = service.log_.subscribe({.group = service.options_.group,
                                                    .topics = {service.options_.user_events},
                                                    .in_flight_max = service.options_.in_flight_max},
                                                   service, service.scheduler_);
  });
}

void NotificationService::on_records(std::vector<log::ConsumedRecord> records) {
  if (phase_ != Phase::running) return;
  std::ranges::move(records, std::back_inserter(incoming_));
  pump();
}

// Plans what there is room for, and sends it when nothing is on its way.
void NotificationService::pump() {
  while (phase_ == Phase::running) {
    fill_next();
    if (!open_.empty() || next_.positions.empty()) return;
    open_.push_back(std::exchange(next_, {}));
    ++open_number_;
    begin_appends();
    append_open();
  }
}

void NotificationService::fill_next() {
  while (!incoming_.empty() && next_.positions.size() < options_.batch_records_max &&
         next_.bytes < options_.batch_bytes_max) {
    add_plan(incoming_.front(), next_);
    incoming_.pop_front();
  }
}

void NotificationService::add_plan(const log::ConsumedRecord& consumed, Batch& batch) {
  batch.positions.push_back(consumed.position);
  auto event = decode_user_event(consumed.record);
  if (!event) {
    counters_->poison.Increment();
    logging::warning(component, "a record can't be read and is passed over",
                     {{"topic", consumed.position.topic},
                      {"partition", consumed.position.partition},
                      {"offset", consumed.position.offset},
                      {"reason", event.error().reason}});
    return;
  }
  plan_event(std::move(*event), batch);
}

// What is planned names the span that writes it.
NotificationService::Spans NotificationService::begin_spans(UserEvent& event) const {
  Spans spans{tracer_.start("plan", trace::SpanKind::consumer, event.traceparent), {}};
  spans.append = spans.plan.child(append_name_, trace::SpanKind::producer);
  event.traceparent = spans.append.traceparent();
  spans.plan.set("vestnik.event_id", event.event_id.value);
  spans.plan.set("vestnik.event_type", event.event_type);
  spans.plan.set("vestnik.user_id", event.user_id.value);
  spans.append.set("messaging.operation.type", "send");
  spans.append.set("messaging.destination.name", options_.notification_events);
  return spans;
}

void NotificationService::plan_event(UserEvent event, Batch& batch) {
  Spans spans;
  if (tracer_.on()) spans = begin_spans(event);
  const Timestamp now = scheduler_.clock().now();
  Plan planned = plan(event, *configured_, now);
  if (!planned.has_workflow) {
    counters_->no_workflow.Increment();
    logging::debug(component, "no workflow waits for this event",
                   {{"event_id", event.event_id.value}, {"event_type", event.event_type}});
    return;
  }
  counters_->planned.Increment();
  // A clock that was set back makes no negative sum.
  counters_->planned_after.Observe(
      std::max(0.0, std::chrono::duration<double>(now - event.accepted_at).count()));
  if (spans.plan.is_recorded()) {
    spans.plan.set("vestnik.notifications", static_cast<std::int64_t>(planned.notifications.size()));
    batch.spans.push_back(std::move(spans));
  }
  for (const Notification& notification : planned.notifications) {
    Record record = encode(notification);
    if (record.value.size() > log::record_bytes_max) {
      planned.steps.push_back(too_large_step(notification, scheduler_.clock().now()));
      continue;
    }
    (notification.channel == Channel::email ? counters_->email : counters_->sms).Increment();
    batch.bytes += size_of(record);
    batch.notifications.push_back(std::move(record));
  }
  for (const Step& step : planned.steps) {
    (step.kind == StepKind::skipped ? counters_->skipped : counters_->dead).Increment();
    batch.steps.push_back(encode(step));
    batch.bytes += size_of(batch.steps.back());
  }
}

void NotificationService::begin_appends() {
  for (Spans& spans : open_.front().spans) spans.append.begin_now();
}

// Notifications first, then steps, then the offsets.
void NotificationService::append_open() {
  const Batch& batch = open_.front();
  if (batch.notifications.empty() && batch.steps.empty()) return close_open();
  const bool first = !batch.notifications.empty();
  appending_ = true;
  log_.append(first ? options_.notification_events : options_.analytics_events,
              first ? batch.notifications : batch.steps,
              [weak = std::weak_ptr(self_), &scheduler = scheduler_](Result<void, log::Error> result) {
                scheduler.post([weak, result = std::move(result)]() mutable {
                  if (const auto self = weak.lock()) (*self)->on_appended(std::move(result));
                });
              });
}

void NotificationService::on_appended(Result<void, log::Error> result) {
  appending_ = false;
  if (phase_ == Phase::stopped || phase_ == Phase::leaving) return;
  if (!result) {
    if (result.error().kind == log::ErrorKind::too_large) return drop_too_large();
    return retry_later(result.error());
  }
  pause_ = options_.retry_pause_min;
  Batch& batch = open_.front();
  if (!batch.notifications.empty())
    for (Spans& spans : batch.spans) spans.append.end();
  (batch.notifications.empty() ? batch.steps : batch.notifications).clear();
  append_open();
}

void NotificationService::retry_later(const log::Error& error) {
  counters_->append_failures.Increment();
  logging::warning(component, "planned notifications were not taken by the log and will be offered again",
                   {{"reason", error.message}, {"pause_ms", pause_.count()}});
  if (phase_ == Phase::draining) return leave();
  pause_timer_ = scheduler_.after(pause_, guarded(&NotificationService::after_pause));
  pause_ = std::min(pause_ * 2, options_.retry_pause_max);
}

void NotificationService::after_pause() {
  if (phase_ == Phase::running) append_open();
}

// The log takes less than log::record_bytes_max (a broker may be set so). Which record it is shows when each
// is offered alone; that one is given up, and the partition moves on.
void NotificationService::drop_too_large() {
  Batch batch = std::move(open_.front());
  open_.pop_front();
  if (batch.notifications.size() > 1) {
    Batch last{.steps = std::move(batch.steps),
               .positions = std::move(batch.positions),
               .spans = std::move(batch.spans)};
    open_.push_front(std::move(last));
    for (auto record = batch.notifications.rbegin(); record != batch.notifications.rend(); ++record) {
      Batch one;
      one.notifications.push_back(std::move(*record));
      open_.push_front(std::move(one));
    }
    return append_open();
  }
  if (batch.notifications.size() == 1) {
    counters_->dead.Increment();
    if (const auto notification = decode_notification(batch.notifications.front()))
      batch.steps.push_back(encode(too_large_step(*notification, scheduler_.clock().now())));
    batch.notifications.clear();
  } else {
    logging::error(component, "steps are larger than the log takes and are lost to analytics",
                   {{"count", batch.steps.size()}});
    batch.steps.clear();
  }
  open_.push_front(std::move(batch));
  append_open();
}

void NotificationService::close_open() {
  for (Spans& spans : open_.front().spans) {
    spans.append.end();
    spans.plan.end();
  }
  for (const log::Position& position : open_.front().positions) subscription_->done(position);
  open_.pop_front();
  if (!open_.empty()) return append_open();
  release_partitions();
  if (phase_ == Phase::draining) return leave();
  pump();
}

// Waits with `released` until what is planned already is durable and let go, so that the next owner doesn't
// plan it too.
void NotificationService::on_revoked(std::vector<log::TopicPartition> partitions, Task released) {
  const auto revoked = [&](const log::ConsumedRecord& consumed) {
    return std::ranges::find(partitions,
                             log::TopicPartition{consumed.position.topic, consumed.position.partition}) !=
           partitions.end();
  };
  std::erase_if(incoming_, revoked);
  const std::uint64_t last = open_number_ + (next_.positions.empty() ? 0 : 1);
  releases_.push_back({last, std::move(released)});
  if (open_.empty()) release_partitions();
}

void NotificationService::release_partitions() {
  const bool nothing_left = phase_ != Phase::running;
  for (auto release = releases_.begin(); release != releases_.end();) {
    if (!nothing_left && release->after_batch > open_number_) {
      ++release;
      continue;
    }
    Task released = std::move(release->released);
    release = releases_.erase(release);
    released();
  }
}

void NotificationService::stop(std::chrono::milliseconds limit, Task stopped) {
  scheduler_.post([weak = std::weak_ptr(self_), limit, stopped = std::move(stopped)]() mutable {
    const auto self = weak.lock();
    if (!self) return stopped();
    NotificationService& service = **self;
    service.stopped_ = std::move(stopped);
    service.stop_timer_ = service.scheduler_.after(limit, service.guarded(&NotificationService::finish));
    service.begin_stop();
  });
}

void NotificationService::begin_stop() {
  phase_ = Phase::draining;
  incoming_.clear();
  next_ = {};
  pause_timer_.reset();
  if (!appending_) leave();
}

void NotificationService::leave() {
  phase_ = Phase::leaving;
  release_partitions();
  if (subscription_)
    subscription_->flush(guarded(&NotificationService::finish));
  else
    finish();
}

// Posted on, since the subscription may not be destroyed inside its own call.
void NotificationService::finish() {
  if (phase_ == Phase::stopped) return;
  phase_ = Phase::stopped;
  scheduler_.post([weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (!self) return;
    NotificationService& service = **self;
    service.stop_timer_.reset();
    service.release_partitions();
    service.subscription_.reset();
    service.open_.clear();
    if (service.stopped_) std::exchange(service.stopped_, {})();
  });
}

}  // namespace vestnik::planning
