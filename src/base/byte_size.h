// Sizes as people write them: "256MiB", "5GiB"; without a unit they are bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

// Whole numbers of B, KiB, MiB, GiB or TiB. None: another form, or more than 2^63 - 1 bytes.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);
// In the largest unit that leaves it whole, such that it can be parsed again: "256MiB", "1000B".
std::string format_byte_size(std::uint64_t bytes);
// For people, with one decimal where that says more: "1.5 GiB".
std::string describe_byte_size(std::uint64_t bytes);

}  // namespace vestnik
