#include "delivery/backoff.h"

#include <gtest/gtest.h>

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;

class Fixed final : public Random {
 public:
  explicit Fixed(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

TEST(Backoff, DoublesUpToItsCap) {
  const Backoff backoff{1s, 10s};
  Fixed lowest(0);
  EXPECT_EQ(backoff.after(1, lowest), 100ms);
  EXPECT_EQ(backoff.after(2, lowest), 200ms);
  EXPECT_EQ(backoff.after(4, lowest), 800ms);
  EXPECT_EQ(backoff.after(5, lowest), 1s);
  EXPECT_EQ(backoff.after(1'000'000, lowest), 1s);
}

TEST(Backoff, JitterStaysBetweenATenthAndTheWhole) {
  const Backoff backoff{1s, 10s};
  for (int i = 0; i < 1000; ++i) {
    const auto delay = backoff.after(3, system_random());
    EXPECT_GE(delay, 400ms);
    EXPECT_LE(delay, 4s);
  }
  Fixed highest(3600);
  EXPECT_EQ(backoff.after(3, highest), 4s);
}

TEST(Backoff, SurvivesAZeroBase) {
  const Backoff backoff{0ms, 0ms};
  EXPECT_LE(backoff.after(1, system_random()), 1ms);
}

}  // namespace
}  // namespace vestnik::delivery
