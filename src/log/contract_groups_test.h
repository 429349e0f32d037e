// The contract of log::Log: groups, rebalances, commits. Included by contract_test.h.
#pragma once

#include <thread>

#include "log/contract_support.h"

namespace vestnik::log::test {

TEST_P(LogContract, BeginsAtTheFirstUnfinishedRecord) {
  const std::string topic = harness->topic("events", 1);
  ASSERT_TRUE(append_numbers(topic, "user_1", 0, 10));
  {
    Member member(log(), joining(topic), {.finish_at_once = false});
    ASSERT_TRUE(member.wait_for_records(10));
    const auto records = member.records();
    for (const std::size_t i : {5, 1, 0, 4, 2}) member.done(records[i].position);
    ASSERT_TRUE(member.flush());
  }
  Member again(log(), joining(topic));
  ASSERT_TRUE(again.wait_for_records(7));
  EXPECT_EQ(again.values(), (std::vector<std::string>{"3", "4", "5", "6", "7", "8", "9"}));
}

TEST_P(LogContract, FlushedCommitsOutliveTheLog) {
  const std::string topic = harness->topic("events", 4);
  ASSERT_TRUE(append_numbers(topic, "user_1", 0, 5));
  {
    Member member(log(), joining(topic));
    ASSERT_TRUE(member.wait_for_records(5));
    ASSERT_TRUE(member.flush());
    ASSERT_TRUE(member.flush()) << "with nothing new to commit";
  }
  harness->reopen();
  Member member(log(), joining(topic));
  ASSERT_TRUE(append(topic, "user_1", "new"));
  ASSERT_TRUE(member.wait_for_records(1));
  EXPECT_EQ(member.values(), std::vector<std::string>{"new"});
}

TEST_P(LogContract, LeavingCommitsWhatIsDoneAndGivesTheRestAgain) {
  const std::string topic = harness->topic("events", 1);
  ASSERT_TRUE(append_numbers(topic, "user_1", 0, 6));
  {
    Member member(log(), joining(topic), {.finish_at_once = false});
    ASSERT_TRUE(member.wait_for_records(6));
    for (std::size_t i = 0; i < 4; ++i) member.done(member.records()[i].position);
  }
  Member again(log(), joining(topic));
  ASSERT_TRUE(again.wait_for_records(2));
  EXPECT_EQ(again.values(), (std::vector<std::string>{"4", "5"}));
}

TEST_P(LogContract, GroupsAreIndependent) {
  const std::string topic = harness->topic("events", 4);
  Member one(log(), joining(topic, "one"));
  ASSERT_TRUE(append_numbers(topic, "user_1", 0, 20));
  Member two(log(), joining(topic, "two"));
  ASSERT_TRUE(one.wait_for_records(20));
  ASSERT_TRUE(two.wait_for_records(20));
  EXPECT_EQ(one.values(), two.values());
}

TEST_P(LogContract, MembersDivideThePartitions) {
  const std::string topic = harness->topic("events", 4);
  const auto keys = key_per_partition(4);
  auto one = std::make_unique<Member>(log(), joining(topic));
  ASSERT_TRUE(one->wait_for_partitions(4));
  const std::int64_t alone = one->epochs().back();

  auto two = std::make_unique<Member>(log(), joining(topic));
  ASSERT_TRUE(two->wait_for_partitions(2));
  ASSERT_TRUE(one->wait_for_partitions(2));
  EXPECT_GT(two->epochs().back(), alone);
  std::set<TopicPartition> both = one->assigned();
  both.merge(two->assigned());
  EXPECT_EQ(both.size(), 4u);
  for (const std::string& key : keys) ASSERT_TRUE(append_numbers(topic, key, 0, 10));
  ASSERT_TRUE(one->wait_for_records(20));
  ASSERT_TRUE(two->wait_for_records(20));

  const std::int64_t divided = std::max(one->epochs().back(), two->epochs().back());
  one.reset();
  ASSERT_TRUE(two->wait_for_partitions(4));
  EXPECT_GT(two->epochs().back(), divided);
  for (const std::string& key : keys) ASSERT_TRUE(append(topic, key, "after"));
  EXPECT_TRUE(two->wait([&] { return std::ranges::count(two->values(), "after") == 4; }));
}

TEST_P(LogContract, EpochsGrowOverReopening) {
  const std::string topic = harness->topic("events", 1);
  std::int64_t before = 0;
  {
    Member member(log(), joining(topic));
    ASSERT_TRUE(member.wait_for_partitions(1));
    before = member.epochs().back();
  }
  harness->reopen();
  Member member(log(), joining(topic));
  ASSERT_TRUE(member.wait_for_partitions(1));
  EXPECT_GT(member.epochs().back(), before);
}

TEST_P(LogContract, WhatIsDoneWhenRevokedIsNotGivenToTheNextOwner) {
  const std::string topic = harness->topic("events", 4);
  for (const std::string& key : key_per_partition(4)) ASSERT_TRUE(append_numbers(topic, key, 0, 10));
  // The first five of each partition are finished only when the partitions are being taken away.
  Member one(log(), joining(topic), {.finish_at_once = false, .on_revoke = [](Member& self) {
                                       for (const ConsumedRecord& record : self.records())
                                         if (std::stoi(record.record.value) < 5) self.finish(record.position);
                                     }});
  ASSERT_TRUE(one.wait_for_records(40));
  Member two(log(), joining(topic));
  ASSERT_TRUE(two.wait_for_partitions(2));
  ASSERT_TRUE(two.wait_for_records(10));
  for (const ConsumedRecord& record : two.records()) EXPECT_GE(std::stoi(record.record.value), 5);
  // Late: these are ignored, the other member has them.
  for (const ConsumedRecord& record : one.records())
    if (std::stoi(record.record.value) >= 5) one.done(record.position);
}

TEST_P(LogContract, APartitionMovesOnlyWhenItIsReleased) {
  const std::string topic = harness->topic("events", 2);
  std::atomic<bool> released = false;
  Member one(log(), joining(topic), {.release_at_once = false});
  ASSERT_TRUE(one.wait_for_partitions(2));
  std::promise<bool> released_when_assigned;
  std::jthread second([&] {
    Member two(log(), joining(topic));
    const bool assigned = two.wait_for_partitions(1);
    released_when_assigned.set_value(assigned && released);
    two.leave();
  });
  ASSERT_TRUE(one.wait([&] { return one.revocations() > 0; }));
  released = true;
  one.release();
  EXPECT_TRUE(released_when_assigned.get_future().get());
  EXPECT_TRUE(one.wait_for_partitions(2)) << "when the second has left";
}

TEST_P(LogContract, AMemberThatNeverReleasesLosesItsPartitionsAnyway) {
  const std::string topic = harness->topic("events", 2);
  ASSERT_TRUE(append_numbers(topic, "user_1", 0, 3));
  Member stuck(log(), joining(topic), {.finish_at_once = false, .release_at_once = false});
  ASSERT_TRUE(stuck.wait_for_records(3));
  Member other(log(), joining(topic));
  ASSERT_TRUE(other.wait_for_partitions(1)) << "5 s after it was asked for";
}

TEST_P(LogContract, NothingIsLostWhileMembersComeAndGo) {
  constexpr int count = 1500;
  const std::string topic = harness->topic("events", 4);
  std::set<std::string> seen;
  Member steady(log(), joining(topic));
  ASSERT_TRUE(steady.wait_for_partitions(4));
  std::atomic<int> appended = 0, failed = 0;
  std::jthread appender([&] {
    for (int i = 0; i < count; ++i) {
      failed += !append(topic, "user_" + std::to_string(i % 40), std::to_string(i));
      ++appended;
    }
  });
  for (int round = 0; round < 4; ++round) {
    Member guest(log(), joining(topic), {.finish_at_once = round % 2 == 0});
    ASSERT_TRUE(guest.wait_for_partitions(2));
    const int until = std::min(count, appended + count / 8);
    while (appended < until) std::this_thread::yield();
    guest.leave();
    if (round % 2 == 0)  // what it left unfinished comes again
      for (std::string& value : guest.values()) seen.insert(std::move(value));
    ASSERT_TRUE(steady.wait_for_partitions(4));
  }
  appender.join();
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(steady.wait([&] {
    for (const ConsumedRecord& record : steady.records()) seen.insert(record.record.value);
    return seen.size() == count;
  })) << seen.size();
}

TEST_P(LogContract, LagCountsWhatIsNotCommitted) {
  const std::string topic = harness->topic("events", 4);
  const SubscribeOptions options = joining(topic);
  Member member(log(), options, {.finish_at_once = false});
  ASSERT_TRUE(append_numbers(topic, "user_1", 0, 12));
  ASSERT_TRUE(member.wait_for_records(12));
  const auto becomes = [&](std::int64_t expected) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;; std::this_thread::yield()) {
      for (const GroupLag& entry : log().lag())
        if (entry.group == options.group && entry.topic == topic && entry.lag == expected) return true;
      if (std::chrono::steady_clock::now() > until) return false;
    }
  };
  EXPECT_TRUE(becomes(12));
  for (std::size_t i = 0; i < 5; ++i) member.done(member.records()[i].position);
  ASSERT_TRUE(member.flush());
  EXPECT_TRUE(becomes(7));
}

TEST_P(LogContract, IsWell) {
  ASSERT_TRUE(append(harness->topic("events", 1), "user_1", "x"));
  const Health health = log().health();
  EXPECT_TRUE(health.well) << health.detail;
  EXPECT_FALSE(health.part.empty());
}

}  // namespace vestnik::log::test
