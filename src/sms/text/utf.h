// UTF-8 in and out of UTF-16, the form that SMS alphabets are defined over.
#pragma once

#include <string>
#include <string_view>

namespace vestnik::sms::text {

// Every byte sequence that is no UTF-8 becomes U+FFFD, one per maximal subpart (Unicode 15, section 3.9,
// U+FFFD Substitution of Maximal Subparts). Never a lone surrogate.
std::u16string utf16_from_utf8(std::string_view utf8);

// A lone surrogate becomes U+FFFD.
std::string utf8_from_utf16(std::u16string_view utf16);

constexpr bool is_high_surrogate(char16_t unit) { return (unit & 0xFC00) == 0xD800; }
constexpr bool is_low_surrogate(char16_t unit) { return (unit & 0xFC00) == 0xDC00; }

}  // namespace vestnik::sms::text
