// The contract of log::Log (log.h). An implementation's test includes this once and says
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, LogContract, testing::Values(LogFactory{"sqlite", &make_harness}));
//
// in the namespace vestnik::log::test. This file: append and consume; contract_groups_test.h: groups and
// commits; contract_reader_test.h: reading outside a group.
#pragma once

#include <thread>

#include "log/contract_groups_test.h"
#include "log/contract_reader_test.h"
#include "log/contract_support.h"

namespace vestnik::log::test {

TEST_P(LogContract, AppendIsDurableWhenAnswered) {
  const std::string topic = harness->topic("events", 4);
  ASSERT_TRUE(append(topic, "user_1", "kept"));
  harness->reopen();
  Member member(log(), joining(topic));
  ASSERT_TRUE(member.wait_for_records(1));
  EXPECT_EQ(member.values(), std::vector<std::string>{"kept"});
}

TEST_P(LogContract, AnEmptyAppendSucceeds) { EXPECT_TRUE(append(harness->topic("events", 4), {})); }

TEST_P(LogContract, TheKeyGivesThePartition) {
  const std::string topic = harness->topic("events", 4);
  std::vector<Record> records;
  for (int i = 0; i < 100; ++i) records.push_back({"user_" + std::to_string(i), std::to_string(i), {}});
  ASSERT_TRUE(append(topic, records));
  Member member(log(), joining(topic));
  ASSERT_TRUE(member.wait_for_records(100));
  std::set<std::int32_t> used;
  for (const ConsumedRecord& record : member.records()) {
    EXPECT_EQ(record.position.partition, partition_of(record.record.key, 4)) << record.record.key;
    used.insert(record.position.partition);
  }
  EXPECT_EQ(used.size(), 4u);
}

TEST_P(LogContract, RecordsComeBackAsTheyWere) {
  const std::string topic = harness->topic("events", 1);
  const std::vector<Record> records = {
      {"user_1", R"({"event_type":"user_registered"})", {{"ce_id", "1"}, {"ce_type", "user_registered"}}},
      {"ключ", "значение, 值, 🕊", {{"traceparent", ""}, {"имя", "Ясень"}}},
      {"user_2",
       std::string("\0\r\n\xff\xfe", 5),
       {{"binary", std::string("\0\x01\xff", 3)}, {"binary", "again"}}},
      {"user_3", "", {}},
      {"user_4", std::string(200'000, 'x'), {}},
  };
  ASSERT_TRUE(append(topic, records));
  for (const bool reopened : {false, true}) {
    if (reopened) harness->reopen();
    Member member(log(), joining(topic, reopened ? "after" : "before"));
    ASSERT_TRUE(member.wait_for_records(records.size()));
    const auto seen = member.records();
    for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(seen[i].record, records[i]) << i;
  }
}

TEST_P(LogContract, RefusesAValueThatIsTooLarge) {
  const std::string topic = harness->topic("events", 1);
  const auto refused = append(topic, "user_1", std::string(record_bytes_max + 1, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::too_large);
  ASSERT_TRUE(append(topic, "user_1", std::string(record_bytes_max, 'x')));
  Member member(log(), joining(topic));
  ASSERT_TRUE(member.wait_for_records(1));
  EXPECT_EQ(member.records()[0].record.value.size(), record_bytes_max);
}

TEST_P(LogContract, KeepsTheOrderOfAKeyUnderConcurrentAppends) {
  constexpr int threads = 4, keys = 6, rounds = 50;
  const std::string topic = harness->topic("events", 4);
  Member member(log(), joining(topic));
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> appenders;
    for (int thread = 0; thread < threads; ++thread)
      appenders.emplace_back([&, thread] {
        for (int round = 0; round < rounds; ++round)
          for (int key = 0; key < keys; ++key)
            log().append(topic,
                         {{"user_" + std::to_string(key),
                           std::to_string(round),
                           {{"thread", std::to_string(thread)}}}},
                         [&failed](Result<void, Error> result) { failed += !result; });
      });
  }
  ASSERT_TRUE(member.wait_for_records(threads * keys * rounds)) << failed << " appends failed";
  std::map<std::pair<std::string, std::string>, int> next;
  for (const ConsumedRecord& record : member.records()) {
    int& expected = next[{record.record.key, std::string(*record.record.header("thread"))}];
    EXPECT_EQ(record.record.value, std::to_string(expected)) << record.record.key;
    ++expected;
  }
  EXPECT_EQ(failed, 0);
}

TEST_P(LogContract, WakesAnIdleConsumer) {
  const std::string topic = harness->topic("events", 4);
  Member member(log(), joining(topic));
  ASSERT_TRUE(member.wait_for_partitions(4));
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(append(topic, "user_" + std::to_string(i), "x"));
    ASSERT_TRUE(member.wait_for_records(static_cast<std::size_t>(i) + 1));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  }
}

TEST_P(LogContract, ConsumesSeveralTopics) {
  const std::string one = harness->topic("one", 2), two = harness->topic("two", 3);
  ASSERT_TRUE(append(one, "user_1", "first"));
  Member member(log(), {.group = harness->group("group"), .topics = {one, two}});
  ASSERT_TRUE(append(two, "user_1", "second"));
  ASSERT_TRUE(member.wait_for_records(2));
  const auto records = member.records();
  EXPECT_NE(records[0].position.topic, records[1].position.topic);
  ASSERT_TRUE(member.wait_for_partitions(5));
}

TEST_P(LogContract, HandsOutNoMoreThanIsAllowedInFlight) {
  const std::string topic = harness->topic("events", 4);
  for (const std::string& key : key_per_partition(4)) ASSERT_TRUE(append_numbers(topic, key, 0, 25));
  SubscribeOptions options = joining(topic);
  options.in_flight_max = 10;
  options.batch_max = 4;
  Member member(log(), options, {.finish_at_once = false});
  ASSERT_TRUE(member.wait_for_records(10));
  for (std::size_t finished = 0; finished < 100; ++finished) {
    ASSERT_TRUE(member.wait_for_records(finished + 1)) << "it goes on when there is room again";
    member.done(member.records()[finished].position);
  }
  EXPECT_EQ(member.records().size(), 100u);
  EXPECT_LE(member.in_flight_seen_max(), 10u);
}

TEST_P(LogContract, ClosingAnswersEveryAppend) {
  constexpr int count = 300;
  const std::string topic = harness->topic("events", 4);
  std::atomic<int> durable = 0, refused = 0;
  for (int i = 0; i < count; ++i)
    log().append(topic, {{"user_" + std::to_string(i), "x", {}}},
                 [&](Result<void, Error> result) { ++(result ? durable : refused); });
  harness->close();
  EXPECT_EQ(durable + refused, count) << "all are answered when the log is gone, each once";
  harness->reopen();
  Member member(log(), joining(topic));
  EXPECT_TRUE(member.wait_for_records(static_cast<std::size_t>(durable)));
}

}  // namespace vestnik::log::test
