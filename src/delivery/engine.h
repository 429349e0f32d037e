// The delivery engine: one channel's service. It consumes `notification-events`, takes responsibility in the
// ledger, and only then lets the offset go; what is due goes to the provider, and what came of it is recorded
// before it is told.
//
//   on_records ─▶ admit (durable) ─▶ offset let go      (where the ledger and the providers are quick: with
//   begin)
//                     └▶ schedule ─▶ Attempts: begin ─▶ send ─▶ record ─▶ tell `analytics-events`
//
// Which provider takes an attempt is Lanes' to say, what limits it counts against limits.h's; what can't
// begin now is put back, parked until its destination has room, or put off.
//
// It sees time, log, store and providers only through interfaces, so all of it can run against a simulated
// world.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/batcher.h"
#include "base/executor.h"
#include "base/health.h"
#include "base/metrics.h"
#include "delivery/attempts.h"
#include "delivery/lanes.h"
#include "delivery/limits.h"
#include "delivery/parking.h"
#include "delivery/schedule.h"
#include "delivery/step_teller.h"
#include "log/log.h"
#include "store/ledger.h"
#include "trace/span.h"

namespace vestnik::delivery {

struct EngineOptions {
  Channel channel = Channel::email;
  std::string notification_topic = "notification-events";
  std::string analytics_topic = "analytics-events";
  std::string group;
  RetryPolicy retry;
  // Deliveries kept in memory. Beyond it they wait in the ledger and are read when there is room.
  std::size_t held_max = 20'000;
  std::size_t held_bytes_max = 64 * 1024 * 1024;
  // Read from the ledger at a time, beyond those that memory has already: held_max + read_max is the most.
  std::size_t read_max = 5'000;
  trace::Tracer tracer;
  bool traceparent_in_messages = true;
};

// Lives on one Scheduler: constructed anywhere, everything else there.
class Engine final : public log::Consumer {
 public:
  Engine(EngineOptions options, log::Log& log, store::Ledger& ledger, std::vector<RoutedProvider> providers,
         Scheduler& scheduler, Random& random, Metrics& metrics);
  ~Engine() override;

  void start();
  // Takes nothing new, lets open attempts end within `limit`, records and tells them, leaves the group, then
  // calls `stopped`. What could not end is found by the next claim of its partition.
  void stop(std::chrono::milliseconds limit, Task stopped);

  // Reads the ledger and its outbox at once instead of within `period`: somebody else has changed it.
  void look();
  Health health() const { return lanes_.health(to_string(options_.channel)); }

  void on_records(std::vector<log::ConsumedRecord> records) override;
  void on_assigned(std::vector<log::TopicPartition> partitions, std::int64_t epoch) override;
  void on_revoked(std::vector<log::TopicPartition> partitions, Task released) override;

 private:
  struct Partition {
    std::int64_t epoch = 0;
    // Attempts left open by an earlier owner are known, so sending may begin. Until then what arrives waits
    // in the ledger.
    bool claimed = false;
    int refused_claims = 0;  // in a row, because the ledger knows a newer epoch
  };
  struct Arrival {
    log::Position position;
    std::shared_ptr<const Notification> notification;
    store::Owner owner;
    SteadyTime at{};
  };
  struct Release {
    std::vector<std::int32_t> partitions;
    Task released;
  };

  void call_admit(const std::vector<Arrival>& batch, std::move_only_function<void(bool)> ended);
  void admit_what_has_waited();
  void begin_arrived(Timestamp now);
  bool follows_beginning(const Arrival& arrival) const;
  void admitted(const Held& held);
  void let_go_new(const Held& held);
  void not_new(const Held& held, std::optional<store::Delivery> row);
  void drop_arrived(const std::function<bool(std::int32_t partition)>& of_partition);
  void hold(Held held);
  void claim_unclaimed();
  void claimed(const std::vector<store::Owner>& owners, store::Ledger::Claimed answer);
  void claim_refused(const store::Owner& in_force);
  void leave_in_ledger();
  void read_due();
  void hold_read(std::vector<store::Delivery> due, std::chrono::microseconds clock_set_by);
  void sweep_outbox();
  void periodic();
  void pump();
  void begin_due(Timestamp now);
  bool begin(Held held, Timestamp now);  // false: no use to try the next
  void set_due_timer(Timestamp now);
  void look_at_clock(Timestamp now);
  void make_room_in_memory(Timestamp now);
  void again(Held held, bool begun);
  void put_back_due(Held held);
  void put_back(Held held);
  bool park(Held held, const Lane& lane, Timestamp now);  // as begin()
  void put_off(Held held, Timestamp until, const char* why);
  void limited(Held held, const store::LimitUse& use, Timestamp until);
  void finished(const Held& held, std::optional<Held> retry);
  void release_what_is_over();
  void stop_when_over();
  void leave();
  bool owns(const store::Owner& owner) const;
  bool memory_is_full() const;
  bool is_worth_reading(Timestamp now) const;
  bool memory_has_room() const;  // enough to read what waits in the ledger
  std::size_t read_limit() const;
  std::vector<std::int32_t> claimed_partitions() const;
  Held held_from(store::Delivery delivery) const;

  EngineOptions options_;
  std::string name_;
  log::Log& log_;
  store::Ledger& ledger_;
  Lanes lanes_;
  Scheduler& scheduler_;

  std::map<std::int32_t, Partition> partitions_;
  std::map<std::int32_t, std::size_t> admitting_;  // arrivals that the ledger doesn't have yet, by partition
  // Of these, in the order of their arrival, those that wait to begin, and those that the ledger is to begin
  // now. Bounded by what the log hands out (log::SubscribeOptions::in_flight_max).
  std::deque<Arrival> arrived_;
  std::unordered_map<NotificationId, Arrival> beginning_;
  std::vector<Release> releases_;
  Schedule schedule_;
  Parking parking_;
  UsedUp used_up_;
  std::optional<std::chrono::microseconds> wall_ahead_;  // of the monotonic clock, when last looked at
  bool backlog_ = false;  // the ledger holds due deliveries that memory does not
  bool read_wanted_ = false;
  bool reading_ = false;
  bool left_while_reading_ = false;
  bool read_paused_ = false;  // what was read last was for later, and more than memory keeps
  bool pump_posted_ = false;
  bool stopping_ = false;
  Task stopped_;

  std::unique_ptr<Timer> due_timer_, periodic_timer_, claim_timer_, read_timer_, wait_timer_, stop_timer_,
      stop_limit_;
  std::optional<Timestamp> due_timer_at_;
  prometheus::Counter& admitted_;
  prometheus::Counter& poison_;
  prometheus::Gauge& held_;

  std::shared_ptr<void> alive_ = std::make_shared<int>();
  StepTeller teller_;
  Attempts attempts_;
  Batcher<Arrival> admit_;
  std::unique_ptr<log::Subscription> subscription_;
};

}  // namespace vestnik::delivery
