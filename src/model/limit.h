// A rate limit: at most `max` in any `window`, wherever the window begins.
#pragma once

#include <chrono>
#include <cstdint>

namespace vestnik {

struct Limit {
  std::int64_t max = 0;                 // 1..1'000'000
  std::chrono::milliseconds window{0};  // 100 ms..366 d

  friend bool operator==(const Limit&, const Limit&) = default;
};

}  // namespace vestnik
