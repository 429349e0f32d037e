#include "base/byte_size.h"

#include <charconv>
#include <fmt/format.h>
#include <limits>

namespace vestnik {
namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr SizeUnit size_units[] = {{"TiB", std::uint64_t{1} << 40},
                                   {"GiB", std::uint64_t{1} << 30},
                                   {"MiB", std::uint64_t{1} << 20},
                                   {"KiB", std::uint64_t{1} << 10},
                                   {"B", 1}};
constexpr std::uint64_t bytes_max = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const SizeUnit& unit : size_units) {
    if (name != unit.name && !(name.empty() && unit.bytes == 1)) continue;
    if (number > bytes_max / unit.bytes) return std::nullopt;
    return number * unit.bytes;
  }
  return std::nullopt;
}

std::string format_byte_size(std::uint64_t bytes) {
  for (const SizeUnit& unit : size_units)
    if (bytes != 0 && bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  return "0B";
}

std::string describe_byte_size(std::uint64_t bytes) {
  for (const SizeUnit& unit : size_units) {
    if (bytes < unit.bytes || unit.bytes == 1) continue;
    const double number = static_cast<double>(bytes) / static_cast<double>(unit.bytes);
    return number < 10 ? fmt::format("{:.1f} {}", number, unit.name)
                       : fmt::format("{:.0f} {}", number, unit.name);
  }
  return fmt::format("{} B", bytes);
}

}  // namespace vestnik
