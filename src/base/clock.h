// Time. Code that decides by time takes a Clock; nothing below `app` reads the system clock itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

// Wall-clock time, UTC, microseconds: what records and tables hold. It may jump.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
// Monotonic time: what deadlines and timers use.
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  virtual SteadyTime steady_now() const = 0;
};

Clock& system_clock();

constexpr std::int64_t to_unix_us(Timestamp t) { return t.time_since_epoch().count(); }
constexpr Timestamp from_unix_us(std::int64_t us) { return Timestamp(std::chrono::microseconds(us)); }
constexpr std::int64_t to_unix_ms(Timestamp t) { return to_unix_us(t) / 1000; }
constexpr Timestamp from_unix_ms(std::int64_t ms) { return Timestamp(std::chrono::milliseconds(ms)); }

// RFC 3339, UTC, microseconds: "2026-11-23T14:17:06.012345Z".
std::string format_rfc3339(Timestamp t);
// Any RFC 3339 date-time, whatever its offset and number of fraction digits (beyond microseconds they are
// cut).
std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace vestnik
