#include "log/kafka/progress.h"

#include <gtest/gtest.h>

namespace vestnik::log::kafka {
namespace {

const TopicPartition first{"events", 0};
const TopicPartition second{"events", 1};

Position at(const TopicPartition& partition, std::int64_t offset) {
  return {partition.topic, partition.partition, offset};
}

TEST(Progress, HandsOutOnlyWhatIsAssigned) {
  Progress progress(10);
  EXPECT_FALSE(progress.hand_out("events", 0, 0));
  progress.assign({first, second});
  EXPECT_TRUE(progress.hand_out("events", 0, 0));
  progress.stop({first});
  EXPECT_FALSE(progress.hand_out("events", 0, 1));
  EXPECT_TRUE(progress.hand_out("events", 1, 0)) << "the other partition goes on";
}

TEST(Progress, WhatIsDoneWhileItIsTakenAwayIsCommitted) {
  Progress progress(10);
  progress.assign({first});
  progress.hand_out("events", 0, 5);
  progress.stop({first});
  progress.done(at(first, 5));
  EXPECT_TRUE(progress.has_uncommitted());
  EXPECT_EQ(progress.begin_commit(), std::vector{at(first, 6)});
  EXPECT_TRUE(progress.has_uncommitted()) << "it is under way";
  progress.committed(first);
  EXPECT_FALSE(progress.has_uncommitted());
}

TEST(Progress, IgnoresWhatIsDoneAfterwards) {
  Progress progress(10);
  progress.assign({first});
  progress.hand_out("events", 0, 5);
  progress.drop({first});
  EXPECT_FALSE(progress.done(at(first, 5)));
  EXPECT_TRUE(progress.begin_commit().empty());
  EXPECT_EQ(progress.room(), 10u) << "what was in flight there counts no more";
}

TEST(Progress, AFailedCommitIsTriedAgainUnlessANewerOneIsThere) {
  Progress progress(10);
  progress.assign({first});
  for (std::int64_t offset : {0, 1}) progress.hand_out("events", 0, offset);
  progress.done(at(first, 0));
  EXPECT_EQ(progress.begin_commit(), std::vector{at(first, 1)});
  progress.commit_failed(first);
  EXPECT_EQ(progress.begin_commit(), std::vector{at(first, 1)});
  progress.done(at(first, 1));
  progress.commit_failed(first);
  EXPECT_EQ(progress.begin_commit(), std::vector{at(first, 2)});
}

TEST(Progress, GivesRoomAgainWhenHalfIsDone) {
  Progress progress(4);
  progress.assign({first});
  for (std::int64_t offset = 0; offset < 4; ++offset) progress.hand_out("events", 0, offset);
  EXPECT_EQ(progress.room(), 0u);
  EXPECT_FALSE(progress.done(at(first, 0)));
  EXPECT_EQ(progress.room(), 0u);
  EXPECT_TRUE(progress.done(at(first, 1))) << "the reader is to be woken";
  EXPECT_EQ(progress.room(), 2u);
}

TEST(Progress, LagIsWhatIsNotCommitted) {
  Progress progress(10);
  progress.assign({first, second});
  progress.set_committed(first, 10);
  progress.set_end(first, 25);
  progress.set_end(second, 3);
  EXPECT_EQ(progress.lag().at("events"), 15 + 3) << "never committed means all of it";
  progress.hand_out("events", 0, 10);
  progress.done(at(first, 10));
  progress.begin_commit();
  progress.committed(first);
  EXPECT_EQ(progress.lag().at("events"), 14 + 3);
}

}  // namespace
}  // namespace vestnik::log::kafka
