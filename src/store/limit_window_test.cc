#include "store/limit_window.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "store/packed.h"

namespace vestnik::store {
namespace {

using std::chrono::milliseconds;

constexpr Timestamp start_of_test = from_unix_us(1'800'000'000'123'457);

Timestamp at(std::int64_t us) { return start_of_test + std::chrono::microseconds(us); }
LimitWindow restarted(const LimitWindow& window) { return LimitWindow::unpack(window.pack()); }

// One use if there is room.
bool try_use(LimitWindow& window, Timestamp now) {
  window.settle(now);
  if (window.room() == 0) return false;
  window.use(now);
  return true;
}

// The most uses that lie in any window: both its ends count.
std::int64_t most_in_a_window(std::vector<std::int64_t> uses, milliseconds window) {
  std::ranges::sort(uses);
  std::int64_t most = 0;
  for (std::size_t first = 0, i = 0; i < uses.size(); ++i) {
    while (uses[i] - uses[first] > std::chrono::microseconds(window).count()) ++first;
    most = std::max(most, static_cast<std::int64_t>(i - first + 1));
  }
  return most;
}

struct Usage {
  Limit limit;
  std::vector<std::int64_t> times;  // of the uses, in time as it really passes
};

// Bursts, pauses and restarts in any order; `clock_step(random)` moves the clock against the time that
// passes.
Usage random_run(std::mt19937_64& random, auto clock_step) {
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  const std::int64_t windows_ms[] = {100, 101, 1000, 60'000, 86'400'000, 366LL * 86'400'000};
  Usage run{{between(1, 40), milliseconds(windows_ms[between(0, 5)])}, {}};
  const std::int64_t window_us = std::chrono::microseconds(run.limit.window).count();
  LimitWindow window(run.limit);
  std::int64_t passed_us = 0, clock_us = 0;
  for (int i = 0; i < 400; ++i) {
    const std::int64_t pause = between(0, 3) == 0 ? between(0, window_us) : between(0, window_us / 50);
    passed_us += pause;
    clock_us += pause;
    if (between(0, 20) == 0) clock_us += clock_step(random, window_us);
    if (between(0, 10) == 0) window = restarted(window);
    for (std::int64_t burst = between(1, 10); burst > 0; --burst)
      if (try_use(window, at(clock_us))) run.times.push_back(passed_us);
  }
  return run;
}

TEST(LimitWindow, NoWindowAnywhereHoldsMoreThanMax) {
  std::mt19937_64 random(20'26);
  for (int round = 0; round < 300; ++round) {
    const Usage run = random_run(random, [](auto&, std::int64_t) { return std::int64_t{0}; });
    EXPECT_LE(most_in_a_window(run.times, run.limit.window), run.limit.max) << round;
    EXPECT_GE(std::ssize(run.times), run.limit.max) << round;
  }
}

TEST(LimitWindow, AClockThatIsSetBackLetsNothingMoreThrough) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    const Usage run = random_run(random, [](auto& r, std::int64_t window_us) {
      return -std::uniform_int_distribution<std::int64_t>(0, 3 * window_us)(r);
    });
    EXPECT_LE(most_in_a_window(run.times, run.limit.window), run.limit.max) << round;
  }
}

TEST(LimitWindow, AClockThatIsSetBackDelaysByAWindowAtMost) {
  LimitWindow window({5, milliseconds(1000)});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(try_use(window, at(0)));
  const auto day = std::chrono::days(1);
  EXPECT_TRUE(window.settle(at(0) - day));
  EXPECT_EQ(window.room(), 0);
  const Timestamp free = window.free_at(1, at(0) - day);
  EXPECT_LE(free, at(0) - day + milliseconds(1016));
  window = restarted(window);
  EXPECT_FALSE(window.settle(free));
  EXPECT_EQ(window.room(), 5);
}

TEST(LimitWindow, ASteadyDemandGetsNearlyAllOfIt) {
  for (const Limit limit :
       {Limit{1, milliseconds(1000)}, Limit{7, milliseconds(100)}, Limit{100, milliseconds(1000)},
        Limit{1000, milliseconds(60'000)}, Limit{30, milliseconds(86'400'000)}}) {
    LimitWindow window(limit);
    constexpr int windows = 200;
    const std::int64_t window_us = std::chrono::microseconds(limit.window).count();
    // Twice as much is wanted as may pass.
    const std::int64_t step_us = std::max<std::int64_t>(1, window_us / (2 * limit.max));
    std::int64_t used = 0;
    for (std::int64_t us = 0; us < windows * window_us;) {
      window.settle(at(us));
      if (window.room() > 0) {
        window.use(at(us));
        ++used;
        us += step_us;
      } else {  // what the engine does: tries again when it is told
        us = std::max(us + 1, (window.free_at(1, at(us)) - start_of_test).count());
      }
    }
    EXPECT_GE(static_cast<double>(used), 0.95 * windows * static_cast<double>(limit.max)) << limit.max;
  }
}

TEST(LimitWindow, TheTimesOfFreePlacesAreKept) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const auto between = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    LimitWindow window({between(1, 12), milliseconds(between(100, 5000))});
    std::int64_t us = 0;
    for (int i = 0; i < 30; ++i) try_use(window, at(us += between(0, 200'000)));
    window.settle(at(us));
    while (window.room() > 0) try_use(window, at(us));
    std::vector<Timestamp> places;
    for (int nth = 1; nth <= 40; ++nth) places.push_back(window.free_at(nth, at(us)));
    EXPECT_TRUE(std::ranges::is_sorted(places));
    EXPECT_GT(places.front(), at(us));
    LimitWindow too_soon = window;
    EXPECT_FALSE(try_use(too_soon, places.front() - std::chrono::microseconds(1)));
    for (const Timestamp place : places) EXPECT_TRUE(try_use(window, place)) << round;
  }
}

TEST(LimitWindow, AnotherMaxCountsWhatWasCounted) {
  LimitWindow window({5, milliseconds(1000)});
  for (int i = 0; i < 5; ++i) try_use(window, at(i * 100'000));
  window.change({3, milliseconds(1000)});
  window.settle(at(500'000));
  EXPECT_EQ(window.room(), 0);
  EXPECT_GE(window.free_at(1, at(500'000)), at(1'200'000)) << "two of the five are too many already";
  window.change({9, milliseconds(1000)});
  EXPECT_EQ(window.room(), 4);
}

TEST(LimitWindow, AnotherWindowKeepsEveryUseForAtLeastItsLength) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    const auto between = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    const milliseconds longer(between(1000, 10'000)), shorter(between(100, 999));
    LimitWindow window({10, longer});
    std::vector<std::int64_t> times;
    std::int64_t us = 0;
    // Up and down as well: from a shorter window to a longer one no more is known than the shorter one kept.
    for (int i = 0; i < 100; ++i) {
      us += between(0, 100'000);
      if (i == 50) window.change({10, shorter});
      if (try_use(window, at(us))) times.push_back(us);
    }
    EXPECT_LE(most_in_a_window(times, shorter), 10) << round;
    const std::int64_t last = times.back();
    window.change({10, longer});
    window.settle(at(last + std::chrono::microseconds(longer).count()));
    EXPECT_LT(window.room(), 10) << "the last use still counts under the longer window";
  }
}

TEST(LimitWindow, IsSmallAndDamageIsSeen) {
  LimitWindow window({1'000'000, std::chrono::days(366)});
  for (std::int64_t i = 0; i < 66; ++i)
    for (int n = 0; n < 200; ++n) try_use(window, start_of_test + i * std::chrono::hours(137));
  const std::string packed = window.pack();
  EXPECT_LT(packed.size(), 66U * 4U);
  const LimitWindow again = LimitWindow::unpack(packed);
  EXPECT_EQ(again.pack(), packed);
  EXPECT_EQ(again.limit(), window.limit());
  EXPECT_EQ(again.room(), window.room());
  EXPECT_THROW(LimitWindow::unpack(""), DamagedValue);
  EXPECT_THROW(LimitWindow::unpack("\x04"), DamagedValue);
  EXPECT_THROW(LimitWindow::unpack(packed.substr(0, packed.size() - 1)), DamagedValue);
}

}  // namespace
}  // namespace vestnik::store
