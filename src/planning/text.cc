#include "planning/text.h"

#include <algorithm>
#include <cctype>

namespace vestnik::planning {
namespace {

unsigned char at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// Length of the well-formed sequence that starts at `i`; 0: there is none.
std::size_t sequence(std::string_view text, std::size_t i) {
  const unsigned char first = at(text, i);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || i + length > text.size()) return 0;
  const unsigned char second = at(text, i + 1);
  // Overlong forms, surrogates, and beyond U+10FFFF show in the second byte.
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high) return 0;
  for (std::size_t k = 2; k < length; ++k)
    if (at(text, i + k) < 0x80 || at(text, i + k) > 0xBF) return 0;
  return length;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// C1 controls (U+0080 to U+009F) and the separators U+2028 and U+2029, in UTF-8.
std::size_t wide_break(std::string_view text) {
  if (text.size() >= 2 && at(text, 0) == 0xC2 && at(text, 1) < 0xA0) return 2;
  return text.starts_with("\xE2\x80\xA8") || text.starts_with("\xE2\x80\xA9") ? 3 : 0;
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t wide = wide_break(text.substr(i));
    const bool space = wide != 0 || text[i] == ' ' || is_control(text[i]);
    if (!space)
      out += text[i];
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
    i += std::max<std::size_t>(wide, 1);
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string without_controls(std::string text) {
  std::erase_if(text, [](char c) { return is_control(c) && c != '\n' && c != '\t'; });
  return text;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace vestnik::planning
