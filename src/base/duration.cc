#include "base/duration.h"

#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <limits>

namespace vestnik {
namespace {

using std::chrono::milliseconds;

struct DurationUnit {
  std::string_view name;
  std::int64_t ms;
};
constexpr DurationUnit duration_units[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  constexpr std::size_t digits_max = 12;  // 10¹² days of milliseconds would not fit; 10¹² is checked below
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > digits_max) return std::nullopt;
  std::int64_t number = 0;
  const std::string_view figures = text.substr(0, digits);
  std::from_chars(figures.data(), figures.data() + figures.size(), number);
  for (const DurationUnit& unit : duration_units) {
    if (unit.name != text.substr(digits)) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.ms) return std::nullopt;
    return milliseconds(number * unit.ms);
  }
  return std::nullopt;
}

std::string format_duration(milliseconds duration) {
  for (const DurationUnit& unit : duration_units)
    if (duration.count() != 0 && duration.count() % unit.ms == 0)
      return fmt::format("{}{}", duration.count() / unit.ms, unit.name);
  return "0s";
}

}  // namespace vestnik
