// Durations as people write them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

// "500ms", "5s", "10m", "24h", "7d": a whole number of at most 12 digits and a unit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// The same form, in the largest unit that holds it exactly.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace vestnik
