#include "delivery/send_by.h"

#include <gtest/gtest.h>

#include "base/manual_scheduler.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;

TEST(SendBy, IsSoonAfterItBegan) {
  ManualScheduler scheduler;
  const SteadyTime asked_at = scheduler.clock().steady_now();
  scheduler.advance(300ms);
  EXPECT_EQ(send_by({}, {}, asked_at, scheduler.clock()), asked_at + 2s);
}

TEST(SendBy, IsTheShortestSlackAfterItWasCounted) {
  ManualScheduler scheduler;
  const std::vector<store::LimitUse> uses{{"rate", {5, 1100ms}}, {"quota", {3, 24h + 2s}}};
  const SteadyTime asked_at = scheduler.clock().steady_now();
  store::Beginning beginning;
  scheduler.advance(30ms);
  beginning.counted_at = scheduler.clock().now();
  scheduler.advance(20ms);
  EXPECT_EQ(send_by(uses, beginning, asked_at, scheduler.clock()), asked_at + 30ms + 100ms);
  EXPECT_EQ(send_by({uses[1]}, beginning, asked_at, scheduler.clock()), asked_at + 2s);
  scheduler.set_wall_clock(1h);
  EXPECT_EQ(send_by(uses, beginning, asked_at, scheduler.clock()), asked_at + 100ms)
      << "not before it was asked for";
  scheduler.set_wall_clock(-2h);
  EXPECT_EQ(send_by(uses, beginning, asked_at, scheduler.clock()), asked_at + 50ms + 100ms);
}

}  // namespace
}  // namespace vestnik::delivery
