#include "base/burst.h"

#include <gtest/gtest.h>
#include <string>
#include <thread>

namespace vestnik {
namespace {

TEST(Burst, TasksRunAtItsEndInTheirOrder) {
  std::string ran;
  {
    Burst burst;
    ASSERT_EQ(Burst::current(), &burst);
    burst.at_end(&ran, [&] { ran += 'a'; });
    burst.at_end(&ran, [&] { ran += 'b'; });
    EXPECT_EQ(ran, "");
  }
  EXPECT_EQ(ran, "ab");
  EXPECT_EQ(Burst::current(), nullptr);
}

TEST(Burst, KnowsWhoWaits) {
  const int one = 1, other = 2;
  Burst burst;
  burst.at_end(&one, [] {});
  EXPECT_TRUE(burst.has(&one));
  EXPECT_FALSE(burst.has(&other));
}

TEST(Burst, TheInnerOneEndsByItself) {
  Burst outer;
  Burst* seen = nullptr;
  {
    Burst inner;
    inner.at_end(&seen, [&] { seen = Burst::current(); });
  }
  EXPECT_EQ(seen, &outer);
  EXPECT_EQ(Burst::current(), &outer);
}

TEST(Burst, BelongsToItsThread) {
  Burst burst;
  Burst* elsewhere = &burst;
  std::thread([&] { elsewhere = Burst::current(); }).join();
  EXPECT_EQ(elsewhere, nullptr);
}

}  // namespace
}  // namespace vestnik
