// Brokers that go away, and come back.
#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <thread>
#include <time.h>

#include "log/contract_support.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/test_append.h"
#include "log/kafka/test_broker.h"

namespace vestnik::log::kafka::test {
namespace {

using log::test::Member;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds told_within{2000};    // log.h
constexpr milliseconds closed_within{5000};  // kafka_log.h
// librdkafka gives up a commit that it has begun only after session.timeout.ms (6 s); the log waits for that.
constexpr milliseconds log_closed_within{8000};
constexpr milliseconds told_at_once{50};

template <class F>
milliseconds time_of(F action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
}

// What all threads of this process have worked.
double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// A broker of its own, since it is killed.
class Faults : public testing::Test {
 protected:
  static void SetUpTestSuite() { broker = std::make_unique<TestBroker>(); }
  static void TearDownTestSuite() { broker.reset(); }

  static std::unique_ptr<KafkaLog> open() {
    return std::make_unique<KafkaLog>(Options{.brokers = broker->address(), .partitions = 2});
  }

  static std::unique_ptr<TestBroker> broker;
  const std::string topic = unique_name("faults");
};
std::unique_ptr<TestBroker> Faults::broker;

TEST_F(Faults, AppendFailsInTimeWhileTheBrokerIsAwayAndRecoversByItself) {
  const auto log = open();
  ASSERT_TRUE(append_in_the_end(*log, topic, "user_1", "before"));
  broker->kill();
  Answer first(*log, topic, {Record{"user_1", "lost", {}}});
  EXPECT_EQ(first.error(), ErrorKind::unavailable);
  EXPECT_LT(first.took(), told_within);
  EXPECT_FALSE(log->health().well);
  // By now the absence is known, so the next caller isn't kept waiting.
  Answer second(*log, topic, {Record{"user_1", "lost", {}}});
  EXPECT_EQ(second.error(), ErrorKind::unavailable);
  EXPECT_LT(second.took(), told_at_once);
  broker->start();
  EXPECT_TRUE(append_in_the_end(*log, topic, "user_1", "after"));
  EXPECT_TRUE(log->health().well) << log->health().detail;
}

TEST_F(Faults, StartsWhileTheBrokerIsAwayAndGoesOnWhenItComes) {
  broker->kill();
  auto log = open();
  Member member(*log, {.group = topic, .topics = {topic}});
  Answer answer(*log, topic, {Record{"user_1", "lost", {}}});
  EXPECT_EQ(answer.error(), ErrorKind::unavailable);
  EXPECT_LT(answer.took(), told_within);
  broker->start();
  ASSERT_TRUE(append_in_the_end(*log, topic, "user_1", "kept"));
  EXPECT_TRUE(member.wait([&] { return std::ranges::count(member.values(), "kept") > 0; }));
}

TEST_F(Faults, AFrozenBrokerDelaysNobodyBeyondTheLimit) {
  const auto log = open();
  ASSERT_TRUE(append_in_the_end(*log, topic, "user_1", "before"));
  broker->freeze();
  Answer answer(*log, topic, {Record{"user_1", "lost", {}}});
  EXPECT_EQ(answer.error(), ErrorKind::unavailable);
  EXPECT_LT(answer.took(), told_within);
  broker->thaw();
  EXPECT_TRUE(append_in_the_end(*log, topic, "user_1", "after"));
}

TEST_F(Faults, ClosesInTimeWhileTheBrokerIsAway) {
  auto log = open();
  auto member = std::make_unique<Member>(*log, SubscribeOptions{.group = topic, .topics = {topic}});
  ASSERT_TRUE(append_in_the_end(*log, topic, "user_1", "before"));
  ASSERT_TRUE(member->wait_for_records(1));
  broker->kill();
  Answer answer(*log, topic, {Record{"user_1", "lost", {}}});
  EXPECT_LT(time_of([&] { member->leave(); }), closed_within);
  EXPECT_LT(time_of([&] { log.reset(); }), log_closed_within);
  EXPECT_TRUE(answer.is_there());
  EXPECT_EQ(answer.error(), ErrorKind::unavailable);
  broker->start();
}

TEST_F(Faults, NothingConfirmedIsLostWhenTheBrokerIsKilled) {
  const auto log = open();
  ASSERT_TRUE(append_in_the_end(*log, topic, "user_0", "0"));
  Member member(*log, {.group = topic, .topics = {topic}});
  ASSERT_TRUE(member.wait_for_records(1));
  std::set<std::string> confirmed;
  const auto append_some = [&](int first, int count) {
    for (int i = first; i < first + count; ++i) {
      const std::string value = std::to_string(i);
      if (!append(*log, topic, "user_" + std::to_string(i % 7), value)) confirmed.insert(value);
    }
  };
  append_some(1, 100);
  EXPECT_EQ(confirmed.size(), 100u);
  broker->kill();
  append_some(101, 50);
  broker->start();
  ASSERT_TRUE(append_in_the_end(*log, topic, "user_1", "1000"));
  confirmed.insert("1000");
  append_some(1001, 100);
  EXPECT_TRUE(member.wait([&] {
    const auto values = member.values();
    const std::set<std::string> seen(values.begin(), values.end());
    return std::ranges::includes(seen, confirmed);
  }));
}

// A storm of connects would take all the CPU there is, and keep a broker on the same machine from coming
// back.
TEST_F(Faults, WaitingForTheBrokerIsIdle) {
  const auto log = open();
  Member member(*log, {.group = topic, .topics = {topic}});
  ASSERT_TRUE(append_in_the_end(*log, topic, "user_1", "before"));
  ASSERT_TRUE(member.wait_for_records(1));
  broker->kill();
  Answer lost(*log, topic, {Record{"user_1", "lost", {}}});
  EXPECT_EQ(lost.error(), ErrorKind::unavailable);
  const double before = cpu_seconds();
  std::this_thread::sleep_for(seconds(3));      // the time that is measured: nobody wants anything
  EXPECT_LT(cpu_seconds() - before, 0.25 * 3);  // a quarter of a core; 0.01 s is usual
  broker->start();
  EXPECT_TRUE(append_in_the_end(*log, topic, "user_1", "after"));
  EXPECT_TRUE(member.wait([&] { return std::ranges::count(member.values(), "after") > 0; }));
}

// Its back-pressure must not look like death to the group.
TEST_F(Faults, AMemberThatFinishesNothingStaysInItsGroup) {
  KafkaLog log({.brokers = broker->address(),
                .properties = {{"session.timeout.ms", "1500"}, {"max.poll.interval.ms", "1500"}},
                .partitions = 2});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(append_in_the_end(log, topic, "user_1", std::to_string(i)));
  Member member(log, {.group = topic, .topics = {topic}, .in_flight_max = 5}, {.finish_at_once = false});
  ASSERT_TRUE(member.wait_for_records(5));
  // Three times as long as a silent member would be kept: nothing must come.
  const auto until = std::chrono::steady_clock::now() + milliseconds(4500);
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_FALSE(append(log, topic, "user_2", "more"));
    ASSERT_EQ(member.revocations(), 0u);
  }
  EXPECT_EQ(member.records().size(), 5u);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(member.wait_for_records(static_cast<std::size_t>(i) + 1));
    member.done(member.records()[static_cast<std::size_t>(i)].position);
  }
}

}  // namespace
}  // namespace vestnik::log::kafka::test
