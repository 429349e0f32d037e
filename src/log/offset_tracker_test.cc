#include "log/offset_tracker.h"

#include <gtest/gtest.h>

#include "log/log.h"

namespace vestnik::log {
namespace {

TEST(OffsetTracker, CommitsOnlyTheContiguousPrefix) {
  OffsetTracker tracker;
  for (std::int64_t offset : {5, 6, 8}) tracker.handed_out(offset);
  EXPECT_TRUE(tracker.done(6));
  EXPECT_FALSE(tracker.take_committable());
  EXPECT_TRUE(tracker.done(5));
  EXPECT_EQ(tracker.take_committable(), 7);
  EXPECT_FALSE(tracker.take_committable()) << "nothing has moved";
  EXPECT_EQ(tracker.in_flight(), 1u);
  EXPECT_TRUE(tracker.done(8));
  EXPECT_EQ(tracker.take_committable(), 9);
}

TEST(OffsetTracker, IgnoresWhatItDidNotHandOutOrKnowsAlready) {
  OffsetTracker tracker;
  tracker.handed_out(1);
  EXPECT_FALSE(tracker.done(0));
  EXPECT_TRUE(tracker.done(1));
  EXPECT_FALSE(tracker.done(1));
  EXPECT_EQ(tracker.in_flight(), 0u);
}

TEST(PartitionOf, AgreesWithKafkasDefaultPartitioner) {
  // Values of org.apache.kafka.common.utils.Utils.murmur2 (UtilsTest.testMurmur2), made positive, modulo
  // 1000.
  EXPECT_EQ(partition_of("21", 1000), (-973932308 & 0x7fffffff) % 1000);
  EXPECT_EQ(partition_of("foobar", 1000), (-790332482 & 0x7fffffff) % 1000);
  EXPECT_EQ(partition_of("a-little-bit-long-string", 1000), (-985981536 & 0x7fffffff) % 1000);
  EXPECT_EQ(partition_of("abc", 1000), 479470107 % 1000);
}

}  // namespace
}  // namespace vestnik::log
