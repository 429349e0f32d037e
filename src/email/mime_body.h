// The texts of a message as MIME parts. Internal to this module.
#pragma once

#include <string>
#include <string_view>

namespace vestnik::email {

// No encoded text contains "=_" (RFC 2045 section 6.7), so a boundary that begins with it can't occur in one.
inline constexpr std::string_view boundary_prefix = "=_vestnik_";

// Appends a text/<subtype> part, its headers first: seven bits, lines of at most 78 octets that end in CRLF,
// and none that holds boundary_prefix. What is not UTF-8 in `text` becomes U+FFFD; every line end becomes
// CRLF, and the last line gets one. Safe from any thread.
void append_text_part(std::string& out, std::string_view subtype, std::string_view text);

// `text` with what isn't UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace vestnik::email
