#include "model/limit.h"

#include <charconv>
#include <fmt/format.h>

#include "base/duration.h"

namespace vestnik {
namespace {

constexpr std::int64_t uses_max = 1'000'000;
constexpr std::chrono::milliseconds window_min(100);
constexpr std::chrono::milliseconds window_max = std::chrono::hours(24 * 366);

}  // namespace

bool is_valid(const Limit& limit) {
  return limit.max >= 1 && limit.max <= uses_max && limit.window >= window_min && limit.window <= window_max;
}

std::optional<Limit> parse_limit(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Limit limit;
  const std::string_view number = text.substr(0, slash);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit.max);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  const std::string_view window = text.substr(slash + 1);
  auto parsed = parse_duration(window);
  if (!parsed) parsed = parse_duration("1" + std::string(window));
  if (!parsed) return std::nullopt;
  limit.window = *parsed;
  return is_valid(limit) ? std::optional(limit) : std::nullopt;
}

std::string format_limit(const Limit& limit) {
  return fmt::format("{}/{}", limit.max, format_duration(limit.window));
}

}  // namespace vestnik
