// notification-service: user-events in, notification-events out, what was skipped to analytics-events.
//
// A record is let go only when everything planned from it is durable. Plans are appended in batches, one
// batch at a time, so a batch that has to be repeated can't be overtaken and a user's notifications keep
// their order; while a batch is on its way the next one is planned. All state lives on the scheduler.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "log/log.h"
#include "planning/configured.h"
#include "planning/planner.h"
#include "trace/span.h"

namespace vestnik::planning {

struct NotificationServiceOptions {
  std::string user_events;
  std::string notification_events;
  std::string analytics_events;
  std::string group;
  // Bounds on what is held in memory: records handed out by the log, and a batch of plans. A batch is closed
  // by whichever comes first; at most two exist. When both are full, records wait in the log.
  std::size_t in_flight_max = 1024;
  // Registrations wait for the transaction that a batch is in: it is to take a few milliseconds.
  std::size_t batch_records_max = 64;
  std::size_t batch_bytes_max = 4 * 1024 * 1024;
  // Pause before a refused append is repeated: doubles from the first to the second.
  std::chrono::milliseconds retry_pause_min{50};
  std::chrono::milliseconds retry_pause_max{5000};
};

class NotificationService final : public log::Consumer {
 public:
  // `log` and `scheduler` outlive the service, and `scheduler` the last call back of an append to `log`;
  // `configured` is shared with whoever else looks at it. Destroy it on the scheduler, or after that has
  // stopped.
  NotificationService(log::Log& log, Scheduler& scheduler, NotificationServiceOptions options,
                      std::shared_ptr<const Configured> configured, Metrics& metrics,
                      trace::Tracer tracer = {});
  ~NotificationService() override;

  // Joins the group. From any thread, once.
  void start();

  // Plans nothing more, waits for the append that is on its way, commits, leaves the group and calls
  // `stopped` on the scheduler: after `limit` at the latest. What is not durable by then is planned again by
  // the next member, with the same ids. From any thread, once.
  void stop(std::chrono::milliseconds limit, Task stopped);

  // log::Consumer
  void on_records(std::vector<log::ConsumedRecord> records) override;
  void on_revoked(std::vector<log::TopicPartition> partitions, Task released) override;

 private:
  // Of one event: the plan, and in it the writing of what was planned.
  struct Spans {
    trace::Span plan, append;
  };
  struct Batch {
    std::vector<Record> notifications;
    std::vector<Record> steps;
    std::vector<log::Position> positions;  // let go once both are durable
    std::vector<Spans> spans;              // of the events that are traced
    std::size_t bytes = 0;
  };
  struct Counters;
  struct Release {
    std::uint64_t after_batch;  // its number
    Task released;
  };

  Task guarded(void (NotificationService::*step)());
  void pump();
  void fill_next();
  void add_plan(const log::ConsumedRecord& consumed, Batch& batch);
  void plan_event(UserEvent event, Batch& batch);
  Spans begin_spans(UserEvent& event) const;
  void begin_appends();
  void append_open();
  void on_appended(Result<void, log::Error> result);
  void after_pause();
  void retry_later(const log::Error& error);
  void drop_too_large();
  void close_open();
  void release_partitions();
  void begin_stop();
  void leave();
  void finish();

  log::Log& log_;
  Scheduler& scheduler_;
  const NotificationServiceOptions options_;
  std::shared_ptr<const Configured> configured_;
  const trace::Tracer tracer_;
  const std::string append_name_;
  std::unique_ptr<Counters> counters_;
  std::unique_ptr<log::Subscription> subscription_;

  std::deque<log::ConsumedRecord> incoming_;  // bounded by in_flight_max, since the log hands out no more
  Batch next_;
  std::deque<Batch> open_;         // the first is being appended; more than one only after a split
  std::uint64_t open_number_ = 0;  // of the batch in open_; grows
  bool appending_ = false;
  std::chrono::milliseconds pause_;
  std::unique_ptr<Timer> pause_timer_;
  std::vector<Release> releases_;

  enum class Phase { running, draining, leaving, stopped };
  Phase phase_ = Phase::running;
  Task stopped_;
  std::unique_ptr<Timer> stop_timer_;
  // What runs later on the scheduler holds this weakly, and does nothing once the service is gone.
  std::shared_ptr<NotificationService*> self_;
};

}  // namespace vestnik::planning
