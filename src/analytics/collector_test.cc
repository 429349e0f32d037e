#include "analytics/collector.h"

#include <future>
#include <gtest/gtest.h>

#include "base/manual_scheduler.h"
#include "base/temporary_directory.h"
#include "log/sqlite/sqlite_log.h"
#include "sqlite/database.h"
#include "store/sqlite/store.h"

namespace vestnik::analytics {
namespace {

using namespace std::chrono_literals;

class CollectorTest : public testing::Test {
 protected:
  CollectorTest() { start(); }

  void start() {
    metrics_ = std::make_unique<Metrics>();
    collector_ =
        std::make_unique<Collector>(CollectorOptions{}, log_, store_.timeline(), scheduler_, *metrics_);
    collector_->start();
  }

  void append(const std::string& topic, std::vector<Record> records) {
    std::promise<bool> durable;
    log_.append(topic, std::move(records),
                [&](Result<void, log::Error> result) { durable.set_value(result.has_value()); });
    ASSERT_TRUE(durable.get_future().get());
  }

  store::Stats stats() {
    std::promise<store::Stats> stats;
    store_.timeline().stats(scheduler_.clock().now(),
                            [&](auto result) { stats.set_value(std::move(result.value())); });
    return stats.get_future().get();
  }

  bool all_done() {
    return scheduler_.advance_until(
        [&] {
          const auto lag = log_.lag();
          return lag.size() == 3 &&
                 std::ranges::all_of(lag, [](const log::GroupLag& group) { return group.lag == 0; });
        },
        10ms);
  }

  Record event() {
    return encode(UserEvent{.event_id = {"e1"},
                            .event_type = "user_registered",
                            .user_id = {"u1"},
                            .email = "anna@example.org",
                            .accepted_at = scheduler_.clock().now()});
  }
  Record planned() {
    Notification n;
    n.id = {"0d8c8b5e-0000-8000-8000-000000000001"};
    n.event_id = {"e1"};
    n.event_type = "user_registered";
    n.user_id = {"u1"};
    n.to = "anna@example.org";
    n.accepted_at = n.planned_at = scheduler_.clock().now();
    return encode(n);
  }
  Record step(StepKind kind) {
    return encode(Step{.notification_id = {"0d8c8b5e-0000-8000-8000-000000000001"},
                       .user_id = {"u1"},
                       .event_id = {"e1"},
                       .channel = Channel::email,
                       .kind = kind,
                       .attempt = 1,
                       .provider = "smtp",
                       .at = scheduler_.clock().now()});
  }

  TemporaryDirectory directory_;
  ManualScheduler scheduler_;
  std::unique_ptr<sqlite::Database> database_ = sqlite::Database::open({.directory = directory_.path()});
  store::sqlite::SqliteStore store_{*database_, system_clock()};
  log::sqlite::SqliteLog log_{*database_, system_clock()};
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Collector> collector_;
};

TEST_F(CollectorTest, AllThreeTopicsBecomeOneTimelineCountedOnce) {
  for (int time = 0; time < 2; ++time) {  // the second time as redelivered
    append("user-events", {event()});
    append("analytics-events", {step(StepKind::sent), step(StepKind::sending)});
    append("notification-events", {planned()});
  }
  ASSERT_TRUE(all_done());
  const store::Stats counted = stats();
  EXPECT_EQ(counted.events_accepted, 1);
  EXPECT_EQ(counted.channels.at(Channel::email).states.at("sent"), 1);
  EXPECT_EQ(counted.channels.at(Channel::email).sandboxed, 0);

  std::promise<std::optional<store::NotificationView>> found;
  store_.timeline().notification({"0d8c8b5e-0000-8000-8000-000000000001"},
                                 [&](auto result) { found.set_value(std::move(result.value())); });
  const auto view = found.get_future().get();
  ASSERT_TRUE(view);
  EXPECT_EQ(view->state, "sent");
  EXPECT_EQ(view->timeline.size(), 4u) << "accepted, planned, sending, sent";
}

TEST_F(CollectorTest, PoisonIsLetGoAndTheRestGoesOn) {
  append("user-events", {Record{"u1", "not json", {}}, event()});
  append("notification-events", {Record{"u1", "[]", {}}});
  append("analytics-events", {Record{"u1", R"({"notification_id":7})", {}}});
  ASSERT_TRUE(all_done());
  EXPECT_EQ(stats().events_accepted, 1);
}

TEST_F(CollectorTest, StopStoresWhatItHasAndLeaves) {
  append("user-events", {event()});
  bool stopped = false;
  scheduler_.run();
  collector_->stop(10s, [&] { stopped = true; });
  ASSERT_TRUE(scheduler_.advance_until([&] { return stopped; }, 5ms));
  collector_.reset();
  start();
  ASSERT_TRUE(scheduler_.advance_until([&] { return stats().events_accepted == 1; }, 10ms));
}

}  // namespace
}  // namespace vestnik::analytics
