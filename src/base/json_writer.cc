#include "base/json_writer.h"

#include <array>

#include "base/text.h"

namespace vestnik {
namespace {

// The letter after the backslash; 0: none, "u" and four digits then.
char short_escape(char c) {
  switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 0;
  }
}

// By byte: a template's HTML is long and has little to escape.
constexpr auto escaped_bytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) table[byte] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

std::size_t next_escaped(std::string_view text, std::size_t from) {
  while (from < text.size() && !escaped_bytes[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t begin = 0;
  for (std::size_t i = next_escaped(text, 0); i < text.size(); i = next_escaped(text, begin)) {
    const char c = text[i];
    out.append(text, begin, i - begin);
    begin = i + 1;
    out += '\\';
    if (const char letter = short_escape(c)) {
      out += letter;
    } else {
      out += "u00";
      out += hex_digits[static_cast<unsigned char>(c) >> 4];
      out += hex_digits[c & 0xF];
    }
  }
  out.append(text, begin);
  out += '"';
}

}  // namespace vestnik
