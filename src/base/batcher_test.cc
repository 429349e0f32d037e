#include "base/batcher.h"

#include <gtest/gtest.h>

#include "base/manual_scheduler.h"

namespace vestnik {
namespace {

using namespace std::chrono_literals;

class BatcherTest : public testing::Test {
 protected:
  void answer(bool succeeded) {
    auto ended = std::move(open_);
    open_ = nullptr;
    ended(succeeded);
    scheduler_.run();
  }

  ManualScheduler scheduler_;
  std::vector<std::vector<int>> calls_;
  std::move_only_function<void(bool)> open_;
  Batcher<int> batcher_{scheduler_, 3, [this](const std::vector<int>& items, auto ended) {
                          calls_.push_back(items);
                          open_ = std::move(ended);
                        }};
};

using Calls = std::vector<std::vector<int>>;

TEST_F(BatcherTest, WhatOneTurnAddsGoesTogether) {
  batcher_.add(1);
  batcher_.add(2);
  EXPECT_TRUE(calls_.empty());
  scheduler_.run();
  EXPECT_EQ(calls_, (Calls{{1, 2}}));
}

TEST_F(BatcherTest, WhatComesDuringACallWaitsForItsEndInBoundedBatches) {
  batcher_.add(1);
  scheduler_.run();
  for (int i = 2; i <= 6; ++i) batcher_.add(i);
  scheduler_.run();
  EXPECT_EQ(calls_.size(), 1u);
  EXPECT_EQ(batcher_.size(), 6u);
  answer(true);
  answer(true);
  answer(true);
  EXPECT_EQ(calls_, (Calls{{1}, {2, 3, 4}, {5, 6}}));
  EXPECT_TRUE(batcher_.idle());
}

TEST_F(BatcherTest, AFailedCallIsRepeatedWithTheSameItemsAfterAGrowingPause) {
  batcher_.add(1);
  scheduler_.run();
  batcher_.add(2);
  answer(false);
  EXPECT_EQ(calls_.size(), 1u);
  scheduler_.advance(50ms);
  EXPECT_EQ(calls_, (Calls{{1}, {1}}));
  answer(false);
  scheduler_.advance(99ms);
  EXPECT_EQ(calls_.size(), 2u);
  scheduler_.advance(1ms);
  answer(true);
  EXPECT_EQ(calls_, (Calls{{1}, {1}, {1}, {2}}));
}

TEST_F(BatcherTest, SeveralCallsAtATimeButNoneWhileOneIsToBeRepeated) {
  std::vector<std::move_only_function<void(bool)>> open;
  Batcher<int> two(
      scheduler_, 3,
      [&](const std::vector<int>& items, auto ended) {
        calls_.push_back(items);
        open.push_back(std::move(ended));
      },
      2);
  for (int i = 1; i <= 3; ++i) {
    two.add(i);
    scheduler_.run();
  }
  EXPECT_EQ(calls_, (Calls{{1}, {2}}));
  open[0](false);
  open[1](true);
  scheduler_.run();
  EXPECT_EQ(calls_, (Calls{{1}, {2}})) << "3 would be refused as 1 was";
  EXPECT_EQ(two.size(), 2u);
  scheduler_.advance(50ms);
  EXPECT_EQ(calls_, (Calls{{1}, {2}, {1}}));
  open[2](true);
  scheduler_.run();
  EXPECT_EQ(calls_, (Calls{{1}, {2}, {1}, {3}}));
  open[3](true);
  EXPECT_TRUE(two.idle());
}

TEST_F(BatcherTest, AnAnswerAfterItsEndIsIgnored) {
  std::move_only_function<void(bool)> late;
  {
    Batcher<int> batcher(scheduler_, 3, [&](const auto&, auto ended) { late = std::move(ended); });
    batcher.add(1);
    scheduler_.run();
  }
  late(true);
  scheduler_.run();
}

}  // namespace
}  // namespace vestnik
