#include "email/mime_body.h"

#include <algorithm>
#include <array>
#include <gmime/gmime.h>
#include <memory>

#include "base/text.h"
#include "email/smtp/address.h"

namespace vestnik::email {
namespace {

// RFC 5322 section 2.1.1: lines should have no more than 78 characters. Longer ones are folded by an
// encoding.
constexpr std::size_t plain_line_max = 78;
// RFC 2045 section 6.7: 76, the last of them kept for the "=" of a soft line break.
constexpr std::size_t quoted_line_max = 75;

// Lines end in LF, the last one too.
std::string unix_lines(std::string text) {
  if (text.find('\r') != std::string::npos) {
    std::string out;
    out.reserve(text.size() + 1);
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool cr = text[i] == '\r';
      if (cr && i + 1 < text.size() && text[i + 1] == '\n') continue;
      out += cr ? '\n' : text[i];
    }
    text = std::move(out);
  }
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

void append_with_crlf(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    out += lines.substr(0, end);
    if (end < lines.size()) out += "\r\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

bool is_plain(std::string_view lines) {
  std::size_t length = 0;
  for (const char c : lines) {
    length = c == '\n' ? 0 : length + 1;
    const bool printable = (c >= 0x20 && c < 0x7F) || c == '\t' || c == '\n';
    if (!printable || length > plain_line_max) return false;
  }
  return lines.find(boundary_prefix) == std::string_view::npos;
}

// Whether base64 is shorter than quoted-printable: where every sixth octet or more would be escaped.
bool suits_base64(std::string_view lines) {
  if (is_ascii(lines)) return false;
  const auto escaped = std::ranges::count_if(lines, [](unsigned char c) { return c >= 0x80; });
  return static_cast<std::size_t>(escaped) * 6 > lines.size();
}

// Base64 holds the text as it is on the wire, with CRLF (RFC 2045 section 6.8).
void append_base64(std::string& out, std::string_view lines) {
  std::string text;
  text.reserve(lines.size() + lines.size() / 16);
  append_with_crlf(text, lines);
  GMimeEncoding state;
  g_mime_encoding_init_encode(&state, GMIME_CONTENT_ENCODING_BASE64);
  std::string encoded(g_mime_encoding_outlen(&state, text.size()), '\0');
  encoded.resize(g_mime_encoding_flush(&state, text.data(), text.size(), encoded.data()));
  append_with_crlf(out, encoded);
}

// Stands for itself in quoted-printable, blanks as long as they don't end a line (RFC 2045 section 6.7).
constexpr std::array<bool, 256> quoted_literals = [] {
  std::array<bool, 256> literal{};
  for (int c = 0x20; c < 0x7F; ++c) literal[static_cast<std::size_t>(c)] = c != '=';
  literal['\t'] = true;
  return literal;
}();

class QuotedPrintable {
 public:
  explicit QuotedPrintable(std::string& out) : out_(out) {}

  // `lines` ends in LF.
  void append(std::string_view lines) {
    while (!lines.empty()) {
      std::size_t run = 0;
      while (run < lines.size() && quoted_literals[static_cast<unsigned char>(lines[run])]) ++run;
      const bool line_ends = run < lines.size() && lines[run] == '\n';
      const bool blank_ends = line_ends && run > 0 && (lines[run - 1] == ' ' || lines[run - 1] == '\t');
      if (blank_ends) --run;
      append_literals(lines.substr(0, run));
      lines.remove_prefix(run);
      if (lines.empty()) break;
      if (line_ends && !blank_ends)
        end_line("\r\n");
      else
        append_escaped(static_cast<unsigned char>(lines.front()));
      lines.remove_prefix(1);
    }
  }

 private:
  void append_literals(std::string_view text) {
    while (!text.empty()) {
      if (column_ >= quoted_line_max) end_line("=\r\n");
      const std::string_view piece = text.substr(0, quoted_line_max - column_);
      out_ += piece;
      column_ += piece.size();
      text.remove_prefix(piece.size());
    }
  }

  void append_escaped(unsigned char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    if (column_ + 3 > quoted_line_max) end_line("=\r\n");
    out_ += '=';
    out_ += digits[c >> 4];
    out_ += digits[c & 0x0F];
    column_ += 3;
  }

  void end_line(std::string_view end) {
    out_ += end;
    column_ = 0;
  }

  std::string& out_;
  std::size_t column_ = 0;
};

}  // namespace

std::string valid_utf8(std::string_view text) {
  if (smtp::is_utf8(text)) return std::string(text);
  const std::unique_ptr<char, decltype(&g_free)> valid(
      g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), &g_free);
  return valid.get();
}

void append_text_part(std::string& out, std::string_view subtype, std::string_view text) {
  const std::string lines = unix_lines(valid_utf8(text));
  out.append("Content-Type: text/").append(subtype).append("; charset=utf-8\r\n");
  out += "Content-Transfer-Encoding: ";
  // Seven bits in any case.
  if (is_plain(lines)) {
    out += "7bit\r\n\r\n";
    append_with_crlf(out, lines);
  } else if (suits_base64(lines)) {
    out += "base64\r\n\r\n";
    append_base64(out, lines);
  } else {
    out += "quoted-printable\r\n\r\n";
    QuotedPrintable(out).append(lines);
  }
}

}  // namespace vestnik::email
