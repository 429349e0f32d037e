#include "planning/notification_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "config/option.h"
#include "model/event.h"
#include "trace/testing.h"

namespace vestnik::planning {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Time and tasks move only when the test says so.
class ManualScheduler final : public Scheduler, private Clock {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  const Clock& clock() const override { return *this; }
  std::unique_ptr<Timer> after(std::chrono::microseconds delay, Task task) override {
    const auto key = std::pair{elapsed_ + delay, ++timers_made_};
    timers_.emplace(key, std::move(task));
    return std::make_unique<Entry>(*this, key);
  }

  void run() {
    while (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  void advance(std::chrono::microseconds by) {
    const auto until = elapsed_ + by;
    for (run(); !timers_.empty() && timers_.begin()->first.first <= until; run()) {
      elapsed_ = timers_.begin()->first.first;
      Task task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      task();
    }
    elapsed_ = until;
  }
  std::size_t timers() const { return timers_.size(); }

 private:
  using Key = std::pair<std::chrono::microseconds, int>;
  struct Entry final : Timer {
    Entry(ManualScheduler& s, Key k) : scheduler(s), key(k) {}
    ~Entry() override { scheduler.timers_.erase(key); }
    ManualScheduler& scheduler;
    Key key;
  };
  Timestamp now() const override { return from_unix_us(1'795'443'427'000'000) + elapsed_; }
  SteadyTime steady_now() const override { return SteadyTime(elapsed_); }

  std::deque<Task> tasks_;
  std::map<Key, Task> timers_;
  std::chrono::microseconds elapsed_{0};
  int timers_made_ = 0;
};

// Keeps what is appended; the test answers each append itself.
class FakeLog final : public log::Log {
 public:
  struct Append {
    std::string topic;
    std::vector<Record> records;
    log::AppendDone done;
  };

  void append(std::string_view topic, std::vector<Record> records, log::AppendDone call) override {
    appends.push_back({std::string(topic), std::move(records), std::move(call)});
  }
  std::unique_ptr<log::Subscription> subscribe(log::SubscribeOptions options, log::Consumer& consumer,
                                               Executor& executor) override {
    subscribed = std::move(options);
    consumer_ = &consumer;
    executor_ = &executor;
    return std::make_unique<Member>(*this);
  }
  Health health() const override { return {}; }
  std::vector<log::GroupLag> lag() const override { return {}; }

  void deliver(std::vector<log::ConsumedRecord> records) {
    executor_->post(
        [this, records = std::move(records)]() mutable { consumer_->on_records(std::move(records)); });
  }
  void revoke(std::vector<log::TopicPartition> partitions, Task released) {
    executor_->post([this, partitions = std::move(partitions), released = std::move(released)]() mutable {
      consumer_->on_revoked(std::move(partitions), std::move(released));
    });
  }
  // Answers the oldest open append; durable when it is taken.
  void answer(Result<void, log::Error> result) {
    Append append = std::move(appends.front());
    appends.erase(appends.begin());
    if (result)
      for (Record& record : append.records) durable[append.topic].push_back(std::move(record));
    append.done(std::move(result));
  }

  std::vector<Append> appends;
  std::map<std::string, std::vector<Record>> durable;
  std::vector<std::int64_t> done;  // offsets
  log::SubscribeOptions subscribed;
  bool is_member = false;
  bool flushes_at_once = true;

 private:
  struct Member final : log::Subscription {
    explicit Member(FakeLog& l) : log(l) { log.is_member = true; }
    ~Member() override { log.is_member = false; }
    void done(const log::Position& position) override { log.done.push_back(position.offset); }
    void flush(Task committed) override {
      if (log.flushes_at_once) log.executor_->post(std::move(committed));
    }
    FakeLog& log;
  };
  log::Consumer* consumer_ = nullptr;
  Executor* executor_ = nullptr;
};

class Service : public ::testing::Test {
 protected:
  Service() { make({}); }

  void make(NotificationServiceOptions options, trace::Tracer tracer = {}) {
    options.user_events = "user-events";
    options.notification_events = "notification-events";
    options.analytics_events = "analytics-events";
    options.group = "notification-service";
    service_.emplace(log_, scheduler_, options, configured_, metrics_, tracer);
    service_->start();
    scheduler_.run();
  }

  static log::ConsumedRecord event(std::int64_t offset, const std::string& user = "user_1", bool phone = true,
                                   std::int32_t partition = 0) {
    const UserEvent happened{.event_id = {"e-" + std::to_string(offset)},
                             .event_type = "user_registered",
                             .user_id = {user},
                             .email = "anna@example.org",
                             .phone = phone ? "+79161234567" : "",
                             .accepted_at = from_unix_us(1'795'443'426'000'000)};
    return {{"user-events", partition, offset}, encode(happened)};
  }

  void deliver(std::vector<log::ConsumedRecord> records) {
    log_.deliver(std::move(records));
    scheduler_.run();
  }
  void answer(Result<void, log::Error> result = {}) {
    log_.answer(std::move(result));
    scheduler_.run();
  }
  void refuse(log::ErrorKind kind = log::ErrorKind::unavailable) { answer(fail(kind, "the test refuses")); }

  // "e-1:email" for each durable notification, in order.
  std::vector<std::string> planned() {
    std::vector<std::string> lines;
    for (const Record& record : log_.durable["notification-events"]) {
      const Notification n = decode_notification(record).value();
      lines.push_back(n.event_id.value + ":" + std::string(to_string(n.channel)));
    }
    return lines;
  }
  std::vector<std::string> steps() {
    std::vector<std::string> lines;
    for (const Record& record : log_.durable["analytics-events"]) {
      const Step step = decode_step(record).value();
      lines.push_back(step.event_id.value + ":" + std::string(to_string(step.channel)) + ":" +
                      std::string(to_string(step.kind)));
    }
    return lines;
  }
  double counted(const std::string& name, const std::string& label) {
    for (const auto& family : metrics_.collect())
      for (const auto& metric : family.metric)
        if (family.name == name && (label.empty() || metric.label.at(0).value == label))
          return metric.counter.value;
    return -1;
  }

  FakeLog log_;
  ManualScheduler scheduler_;
  Metrics metrics_;
  trace::KeepingSink spans_;
  std::shared_ptr<const Configured> configured_ =
      std::make_shared<const Configured>(load_configured(config::defaults()).value());
  std::optional<NotificationService> service_;
};

TEST_F(Service, JoinsItsGroupAndLetsGoOnlyWhatIsDurable) {
  EXPECT_EQ(log_.subscribed.group, "notification-service");
  EXPECT_THAT(log_.subscribed.topics, ElementsAre("user-events"));
  deliver({event(1)});
  EXPECT_THAT(log_.done, IsEmpty()) << "the append is on its way";
  ASSERT_EQ(log_.appends.size(), 1u);
  EXPECT_EQ(log_.appends[0].topic, "notification-events");
  answer();
  EXPECT_THAT(log_.done, ElementsAre(1));
  EXPECT_THAT(planned(), ElementsAre("e-1:email", "e-1:sms"));
  EXPECT_EQ(log_.durable["notification-events"][0].key, "user_1");
}

TEST_F(Service, SkipsGoToAnalyticsBeforeTheOffsetIsLetGo) {
  deliver({event(1, "user_1", false)});
  answer();
  EXPECT_THAT(log_.done, IsEmpty());
  ASSERT_EQ(log_.appends.size(), 1u);
  EXPECT_EQ(log_.appends[0].topic, "analytics-events");
  refuse();
  scheduler_.advance(50ms);
  EXPECT_THAT(log_.done, IsEmpty());
  answer();
  EXPECT_THAT(log_.done, ElementsAre(1));
  EXPECT_THAT(planned(), ElementsAre("e-1:email")) << "what was durable is not appended again";
  EXPECT_THAT(steps(), ElementsAre("e-1:sms:skipped"));
}

TEST_F(Service, ARefusedAppendIsRepeatedAndNothingOvertakesIt) {
  deliver({event(1)});
  deliver({event(2), event(3, "user_2")});
  ASSERT_EQ(log_.appends.size(), 1u) << "one batch at a time";
  refuse(log::ErrorKind::overloaded);
  EXPECT_THAT(log_.appends, IsEmpty()) << "a pause comes first";
  scheduler_.advance(50ms);
  ASSERT_EQ(log_.appends.size(), 1u);
  refuse();
  scheduler_.advance(99ms);
  EXPECT_THAT(log_.appends, IsEmpty()) << "the pause has doubled";
  scheduler_.advance(1ms);
  answer();
  EXPECT_THAT(log_.done, ElementsAre(1));
  answer();
  EXPECT_THAT(log_.done, ElementsAre(1, 2, 3));
  EXPECT_THAT(planned(), ElementsAre("e-1:email", "e-1:sms", "e-2:email", "e-2:sms", "e-3:email", "e-3:sms"));
  EXPECT_EQ(counted("vestnik_planning_append_failures_total", ""), 2);
}

TEST_F(Service, ThePauseIsBoundedAndBeginsAnewAfterSuccess) {
  deliver({event(1)});
  for (int i = 0; i < 12; ++i) {
    refuse();
    scheduler_.advance(5s);
    ASSERT_EQ(log_.appends.size(), 1u) << i;
  }
  answer();
  deliver({event(2)});
  refuse();
  scheduler_.advance(50ms);
  EXPECT_EQ(log_.appends.size(), 1u);
}

TEST_F(Service, PoisonAndUnknownEventsMoveOn) {
  UserEvent unknown{.event_id = {"e-x"}, .event_type = "cat_fed", .user_id = {"user_1"}};
  deliver({{{"user-events", 0, 1}, Record{"k", "not json", {}}},
           {{"user-events", 0, 2}, Record{"k", R"({"event_type":7})", {{"ce_id", "x"}}}},
           {{"user-events", 0, 3}, encode(unknown)}});
  EXPECT_THAT(log_.appends, IsEmpty());
  EXPECT_THAT(log_.done, ElementsAre(1, 2, 3));
  deliver({{{"user-events", 0, 4}, Record{"k", "{", {}}}, event(5)});
  answer();
  EXPECT_THAT(log_.done, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(counted("vestnik_planning_events_total", "poison"), 3);
  EXPECT_EQ(counted("vestnik_planning_events_total", "no_workflow"), 1);
  EXPECT_EQ(counted("vestnik_planning_events_total", "planned"), 1);
}

TEST_F(Service, TheSameEventPlannedAgainGivesTheSameIds) {
  deliver({event(1)});
  answer();
  deliver({event(1)});
  answer();
  const auto& records = log_.durable["notification-events"];
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0].header("ce_id"), records[2].header("ce_id"));
  EXPECT_EQ(records[1].header("ce_id"), records[3].header("ce_id"));
}

TEST_F(Service, BatchesAndWhatIsPlannedAheadAreBounded) {
  make({.batch_records_max = 2});
  std::vector<log::ConsumedRecord> records;
  for (int offset = 1; offset <= 7; ++offset) records.push_back(event(offset));
  deliver(std::move(records));
  for (int batch = 0; batch < 3; ++batch) {
    ASSERT_EQ(log_.appends.size(), 1u);
    EXPECT_EQ(log_.appends[0].records.size(), 4u);
    answer();
  }
  EXPECT_EQ(log_.appends.at(0).records.size(), 2u);
  answer();
  EXPECT_THAT(log_.done, ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(Service, APlanIsASpanAndWhatItWritesContinuesItsAppend) {
  make({}, {spans_, {}, system_random(), scheduler_.clock()});
  log::ConsumedRecord given = event(1, "user_1", false);
  given.record.headers.push_back({"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
  deliver({given});
  refuse();
  scheduler_.advance(1s);
  answer();
  EXPECT_THAT(spans_.spans, testing::SizeIs(1)) << "the step is not written yet";
  scheduler_.advance(1s);
  answer();
  ASSERT_THAT(spans_.spans, testing::SizeIs(2));
  const trace::EndedSpan plan = spans_.find("plan"), append = spans_.find("append notification-events");
  EXPECT_EQ(trace::span_id_text(plan.parent_id), "b7ad6b7169203331");
  EXPECT_EQ(plan.context.trace_id(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(append.parent_id, plan.context.span_id);
  EXPECT_EQ(append.end - append.begin, 1s);
  EXPECT_EQ(plan.end - plan.begin, 2s);
  EXPECT_EQ(trace::attribute(plan, "vestnik.notifications"), "1");
  for (const char* topic : {"notification-events", "analytics-events"})
    EXPECT_EQ(log_.durable[topic].at(0).header("traceparent"), append.context.traceparent()) << topic;
}

TEST_F(Service, TheSpansOfABatchThatIsTakenApartEndWithIt) {
  make({}, {spans_, {}, system_random(), scheduler_.clock()});
  deliver({event(1)});
  refuse(log::ErrorKind::too_large);
  answer();
  answer();
  EXPECT_THAT(planned(), ElementsAre("e-1:email", "e-1:sms"));
  EXPECT_NE(spans_.find("plan").context.span_id, 0u) << "an event without a traceparent begins a trace";
  EXPECT_EQ(spans_.find("plan").parent_id, 0u);
  EXPECT_THAT(spans_.spans, testing::SizeIs(2));
}

TEST_F(Service, WithoutTracesATraceparentIsOnlyCarried) {
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  log::ConsumedRecord given = event(1);
  given.record.headers.push_back({"traceparent", traceparent});
  deliver({given});
  answer();
  EXPECT_EQ(log_.durable["notification-events"].at(0).header("traceparent"), traceparent);
}

TEST_F(Service, ARecordThatTheLogNeverTakesIsDeadAndTheRestGoesOn) {
  deliver({event(1), event(2)});
  refuse(log::ErrorKind::too_large);
  answer();                           // e-1:email alone
  refuse(log::ErrorKind::too_large);  // e-1:sms alone
  ASSERT_EQ(log_.appends.size(), 1u);
  EXPECT_EQ(log_.appends[0].topic, "analytics-events");
  answer();
  answer();  // e-2:email
  EXPECT_THAT(log_.done, IsEmpty());
  answer();  // e-2:sms
  EXPECT_THAT(log_.done, ElementsAre(1, 2));
  EXPECT_THAT(planned(), ElementsAre("e-1:email", "e-2:email", "e-2:sms"));
  EXPECT_THAT(steps(), ElementsAre("e-1:sms:dead"));
}

TEST_F(Service, StopWaitsForTheOpenAppendCommitsAndLeaves) {
  deliver({event(1)});
  deliver({event(2)});
  bool stopped = false;
  service_->stop(10s, [&] { stopped = true; });
  scheduler_.run();
  EXPECT_FALSE(stopped);
  EXPECT_TRUE(log_.is_member);
  deliver({event(3)});
  answer();
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(log_.is_member);
  EXPECT_THAT(log_.done, ElementsAre(1)) << "what came later is another member's";
  EXPECT_THAT(log_.appends, IsEmpty());
  EXPECT_EQ(scheduler_.timers(), 0u);
}

TEST_F(Service, StopDoesNotWaitForALogThatRefuses) {
  deliver({event(1)});
  refuse();
  bool stopped = false;
  service_->stop(10s, [&] { stopped = true; });
  scheduler_.run();
  EXPECT_TRUE(stopped) << "in the pause nothing is on its way";
  EXPECT_THAT(log_.done, IsEmpty());
  scheduler_.advance(1h);
  EXPECT_THAT(log_.appends, IsEmpty());
}

TEST_F(Service, StopEndsAtItsLimit) {
  log_.flushes_at_once = false;
  deliver({event(1)});
  bool stopped = false;
  service_->stop(10s, [&] { stopped = true; });
  scheduler_.advance(9s);
  EXPECT_FALSE(stopped);
  scheduler_.advance(1s);
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(log_.is_member);
  answer();  // comes too late, and harms nobody
  EXPECT_THAT(log_.done, IsEmpty());
}

TEST_F(Service, AnAnswerAfterItsEndHarmsNobody) {
  deliver({event(1)});
  service_.reset();
  answer();
  EXPECT_THAT(log_.done, IsEmpty());
}

TEST_F(Service, RevokedPartitionsAreReleasedOnceWhatIsPlannedIsDurable) {
  make({.batch_records_max = 1});
  deliver({event(1), event(2), event(3), event(4, "user_2", true, 1)});
  bool released = false;
  log_.revoke({{"user-events", 0}}, [&] { released = true; });
  scheduler_.run();
  EXPECT_FALSE(released);
  answer();
  EXPECT_FALSE(released) << "the second was planned already";
  answer();
  EXPECT_TRUE(released);
  answer();
  EXPECT_THAT(log_.done, ElementsAre(1, 2, 4)) << "the third is the next owner's";
  released = false;
  log_.revoke({{"user-events", 1}}, [&] { released = true; });
  scheduler_.run();
  EXPECT_TRUE(released) << "at once when nothing is on its way";
}

}  // namespace
}  // namespace vestnik::planning
