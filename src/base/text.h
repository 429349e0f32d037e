#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vestnik {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii(std::string_view text);

// `text` as one line of valid UTF-8 (RFC 3629), at most `bytes_max` long: control characters become spaces,
// bytes that are not UTF-8 become '?', a character is never cut in two. For a peer's own words before they
// are kept.
std::string printable_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace vestnik
