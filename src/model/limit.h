// A rate limit: at most `max` in any `window`, wherever the window begins.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

struct Limit {
  std::int64_t max = 0;                 // 1..1'000'000
  std::chrono::milliseconds window{0};  // 100 ms..366 d

  friend bool operator==(const Limit&, const Limit&) = default;
};

bool is_valid(const Limit& limit);

// "100/s", "20/10s", "3/1d": a number and a window (base/duration.h; a unit alone is one of it).
std::optional<Limit> parse_limit(std::string_view text);
std::string format_limit(const Limit& limit);

}  // namespace vestnik
