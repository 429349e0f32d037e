// All chance of a simulated world comes from here, so a seed is the whole of it.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/ids.h"

namespace vestnik::simulation {

using namespace std::chrono_literals;
using Duration = std::chrono::microseconds;

class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  // SplitMix64 (Steele, Lea, Flood 2014): one word of state, every seed a good one.
  std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  // 0 ≤ result < bound; bound ≥ 1. The bias of the remainder is of no importance here.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  // Both ends included.
  std::int64_t between(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(to - from) + 1));
  }
  Duration between(Duration from, Duration to) { return Duration(between(from.count(), to.count())); }
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace vestnik::simulation
