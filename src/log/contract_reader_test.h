// The contract of log::Reader (reader.h), beside the log that it reads. Included by contract_test.h.
#pragma once

#include <stdexcept>

#include "log/contract_support.h"

namespace vestnik::log::test {

inline std::vector<std::pair<std::int64_t, Record>> all_of(Reader& reader, const PartitionRange& range) {
  std::vector<std::pair<std::int64_t, Record>> records;
  reader.read(range,
              [&](std::int64_t offset, const Record& record) { records.emplace_back(offset, record); });
  return records;
}

TEST_P(LogContract, AReaderSeesEveryRecordOfEachPartitionInOrder) {
  const std::string topic = harness->topic("events", 4);
  const auto keys = key_per_partition(4);
  for (int round = 0; round < 30; ++round)
    for (const std::string& key : keys) ASSERT_TRUE(append_numbers(topic, key, round * 10, 10));
  const auto reader = harness->reader();
  const auto ranges = reader->partitions(topic);
  ASSERT_EQ(ranges.size(), 4u);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_EQ(ranges[i].partition, (TopicPartition{topic, static_cast<std::int32_t>(i)}));
    EXPECT_EQ(ranges[i].first, 0);
    EXPECT_EQ(ranges[i].end, 300);
    const auto records = all_of(*reader, ranges[i]);
    ASSERT_EQ(records.size(), 300u);
    for (std::size_t k = 0; k < records.size(); ++k) {
      EXPECT_EQ(records[k].first, static_cast<std::int64_t>(k));
      EXPECT_EQ(records[k].second, (Record{keys[i], std::to_string(k), {}}));
    }
  }
}

TEST_P(LogContract, AReaderReadsAPartOfAPartition) {
  const std::string topic = harness->topic("events", 1);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append_numbers(topic, "user_1", i * 7, 7));
  const auto reader = harness->reader();
  std::vector<std::string> values;
  reader->read({.partition = {topic, 0}, .first = 5, .end = 23},
               [&](std::int64_t, const Record& record) { values.push_back(record.value); });
  ASSERT_EQ(values.size(), 18u);
  EXPECT_EQ(values.front(), "5");
  EXPECT_EQ(values.back(), "22");
  EXPECT_TRUE(all_of(*reader, {.partition = {topic, 0}, .first = 5, .end = 5}).empty());
}

TEST_P(LogContract, AReaderGivesRecordsAsTheyWere) {
  const std::string topic = harness->topic("events", 1);
  const std::vector<Record> records = {
      {"user_1", "{}", {{"ce_id", "1"}, {"binary", std::string("\0\xff", 2)}, {"binary", "again"}}},
      {"ключ", "", {}},
      {"user_2", std::string(200'000, 'x'), {{"traceparent", ""}}}};
  ASSERT_TRUE(append(topic, records));
  const auto reader = harness->reader();
  const auto seen = all_of(*reader, reader->partitions(topic).at(0));
  ASSERT_EQ(seen.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(seen[i].second, records[i]) << i;
}

TEST_P(LogContract, AReaderFindsWhatCameSinceItWasOpened) {
  const std::string topic = harness->topic("events", 1);
  const auto reader = harness->reader();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(append_numbers(topic, "user_1", i, 1));
    EXPECT_EQ(reader->partitions(topic).at(0).end, i + 1);
    EXPECT_EQ(all_of(*reader, reader->partitions(topic).at(0)).size(), static_cast<std::size_t>(i + 1));
  }
}

TEST_P(LogContract, AReaderKnowsWhatAGroupHasLetGoAndDoesNotDisturbIt) {
  const std::string topic = harness->topic("events", 2);
  const auto keys = key_per_partition(2);
  ASSERT_TRUE(append_numbers(topic, keys[0], 0, 10));
  const auto reader = harness->reader();
  EXPECT_TRUE(reader->committed(harness->group("group"), topic).empty());
  Member member(log(), joining(topic), {.finish_at_once = false});
  ASSERT_TRUE(member.wait_for_records(10));
  for (std::size_t i = 0; i < 4; ++i) member.done(member.records()[i].position);
  ASSERT_TRUE(member.flush());
  EXPECT_EQ(reader->committed(harness->group("group"), topic),
            (std::map<std::int32_t, std::int64_t>{{0, 4}}));
  EXPECT_TRUE(reader->committed(harness->group("other"), topic).empty());
  EXPECT_EQ(all_of(*reader, reader->partitions(topic).at(0)).size(), 10u);
  EXPECT_EQ(member.revocations(), 0u);
  ASSERT_TRUE(append_numbers(topic, keys[1], 0, 1));
  EXPECT_TRUE(member.wait_for_records(11)) << "both partitions are still the member's";
}

TEST_P(LogContract, AReaderOfATopicThatIsNotThereFindsNothing) {
  harness->topic("events", 1);
  const auto reader = harness->reader();
  EXPECT_TRUE(reader->partitions("no-such-topic").empty());
  EXPECT_TRUE(reader->committed("no-such-group", "no-such-topic").empty());
}

TEST_P(LogContract, WhatTakeThrowsEndsTheReading) {
  const std::string topic = harness->topic("events", 1);
  ASSERT_TRUE(append_numbers(topic, "user_1", 0, 10));
  const auto reader = harness->reader();
  const auto range = reader->partitions(topic).at(0);
  int taken = 0;
  const auto stop_at_third = [&](std::int64_t, const Record&) {
    if (++taken == 3) throw std::runtime_error("enough");
  };
  EXPECT_THROW(reader->read(range, stop_at_third), std::runtime_error);
  EXPECT_EQ(taken, 3);
  EXPECT_EQ(all_of(*reader, range).size(), 10u) << "and it can be read again";
}

}  // namespace vestnik::log::test
