// Small questions about text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vestnik::planning {

// The first byte that is not part of well-formed UTF-8 (RFC 3629 section 4); nothing: it all is.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

// One line: control characters and line separators become spaces, runs of spaces one, none at the ends.
std::string one_line(std::string_view text);

// Control characters other than line ends and tabs removed; CR LF becomes LF.
std::string without_controls(std::string text);

// Letters, digits, _ - and . in ASCII, 1 to 64 of them: names of events, steps, templates and categories.
bool is_identifier(std::string_view text);

}  // namespace vestnik::planning
