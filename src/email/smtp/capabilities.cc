#include "email/smtp/capabilities.h"

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::email::smtp {
namespace {

// Upper case; keywords are compared without case (RFC 5321 section 2.4). "AUTH=" is how servers before RFC
// 2554 wrote it.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words(1);
  for (char c : line) {
    if (c == ' ' || (c == '=' && words.size() == 1 && words[0] == "AUTH")) {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
  }
  return words;
}

void read_size(const std::vector<std::string>& words, Capabilities& capabilities) {
  capabilities.size = true;
  if (words.size() < 2) return;
  std::uint64_t value = 0;
  const std::string& text = words[1];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // 0: no fixed limit (RFC 1870 section 4).
  if (error == std::errc() && end == text.data() + text.size() && value > 0) capabilities.size_max = value;
}

}  // namespace

Capabilities parse_capabilities(const Reply& ehlo) {
  Capabilities capabilities;
  // The first line is the greeting, whatever it says.
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
    const auto words = words_of(ehlo.lines[i]);
    const std::string& keyword = words[0];
    if (keyword == "PIPELINING")
      capabilities.pipelining = true;
    else if (keyword == "STARTTLS")
      capabilities.starttls = true;
    else if (keyword == "8BITMIME")
      capabilities.eight_bit_mime = true;
    else if (keyword == "SMTPUTF8")
      capabilities.smtputf8 = true;
    else if (keyword == "SIZE")
      read_size(words, capabilities);
    else if (keyword == "AUTH")
      for (const std::string& mechanism : words) {
        if (mechanism == "PLAIN") capabilities.auth_plain = true;
        if (mechanism == "LOGIN") capabilities.auth_login = true;
      }
  }
  return capabilities;
}

}  // namespace vestnik::email::smtp
