#include "base/json_writer.h"

namespace vestnik {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

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

bool is_escaped(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_escaped(c)) continue;
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
