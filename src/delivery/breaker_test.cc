#include "delivery/breaker.h"

#include <gtest/gtest.h>

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;

constexpr SteadyTime start{1h};
constexpr BreakerPolicy policy{.failures_max = 3, .pause_first = 1s, .pause_max = 3s};

TEST(Breaker, OpensAfterFailuresInARowAndClosesWithASuccess) {
  Breaker breaker(policy);
  EXPECT_FALSE(breaker.failed(start));
  EXPECT_FALSE(breaker.failed(start));
  breaker.succeeded();
  EXPECT_FALSE(breaker.failed(start));
  EXPECT_FALSE(breaker.failed(start));
  EXPECT_EQ(breaker.state(start), State::closed);
  EXPECT_TRUE(breaker.failed(start));
  EXPECT_EQ(breaker.state(start + 999ms), State::open);
  EXPECT_EQ(breaker.state(start + 1s), State::half_open);
  breaker.succeeded();
  EXPECT_EQ(breaker.state(start + 1s), State::closed);
}

TEST(Breaker, PausesGrowUntilItWorksAgain) {
  Breaker breaker(policy);
  SteadyTime now = start;
  for (int i = 0; i < 3; ++i) breaker.failed(now);
  for (const auto pause : {1s, 2s, 3s, 3s}) {
    EXPECT_EQ(breaker.open_until() - now, pause);
    now = breaker.open_until();
    EXPECT_TRUE(breaker.failed(now)) << "one failure is enough while it is half open";
  }
  breaker.succeeded();
  for (int i = 0; i < 3; ++i) breaker.failed(now);
  EXPECT_EQ(breaker.open_until() - now, 1s);
}

TEST(Breaker, WhatWasUnderWayWhenItOpenedCountsNoMore) {
  Breaker breaker(policy);
  for (int i = 0; i < 3; ++i) breaker.failed(start);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(breaker.failed(start + 500ms));
  EXPECT_EQ(breaker.open_until(), start + 1s);
}

}  // namespace
}  // namespace vestnik::delivery
