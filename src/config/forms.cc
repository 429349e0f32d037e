// The forms that texts are held to.
#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "config/values.h"

namespace vestnik::config::forms {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) { return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_printable(char c) { return c >= 0x21 && c <= 0x7e; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_line(std::string_view text) { return std::ranges::none_of(text, is_control); }

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == ':';
  });
}

bool is_broker(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!is_host(host) || bracketed != host.contains(':')) return false;
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number >= 1 && number <= 65535;
}

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= 249 && text != "." && text != ".." &&
         std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_group(std::string_view text) {
  return !text.empty() && text.size() <= 249 && std::ranges::all_of(text, is_printable);
}

bool is_database_url(std::string_view text) {
  if (text == "sqlite:") return true;
  return (text.starts_with("postgresql://") || text.starts_with("postgres://")) && is_line(text);
}

// 128 random bits are 22 characters in base64 and 32 in hexadecimal.
bool is_api_key(std::string_view text) {
  return text.size() >= 22 && text.size() <= 256 && std::ranges::all_of(text, is_printable);
}

bool is_mailbox(std::string_view text) {
  if (!is_line(text)) return false;
  std::string_view address = text;
  if (const std::size_t open = text.rfind('<'); open != std::string_view::npos) {
    if (text.back() != '>') return false;
    address = text.substr(open + 1, text.size() - open - 2);
  }
  const std::size_t at = address.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < address.size() && !address.contains(' ');
}

// SMPP 3.4 section 5.2.8: up to 20 characters; 3GPP TS 23.040 section 9.1.2.5: an alphanumeric sender has at
// most 11, a number at most 15 digits (E.164).
bool is_sms_sender(std::string_view text) {
  if (text.empty()) return false;
  const std::string_view digits = text.front() == '+' ? text.substr(1) : text;
  if (!digits.empty() && std::ranges::all_of(digits, is_digit)) return digits.size() <= 15;
  return text.size() <= 11 && std::ranges::all_of(text, [](char c) {
           return is_alphanumeric(c) || std::string_view(" .-_&").contains(c);
         });
}

// RFC 9110 section 5.6.2 for the name; the value as in W3C Baggage, section 3.3.1.3.
bool is_header(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const auto is_token = [](char c) {
    return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  return std::ranges::all_of(text.substr(0, equals), is_token) &&
         std::ranges::all_of(text.substr(equals + 1), [](char c) { return is_printable(c) || c == ' '; });
}

bool is_region(std::string_view text) { return text.size() == 2 && std::ranges::all_of(text, is_upper); }

}  // namespace

const Form any_line{"one line of text", is_line};
const Form host{"an IP address or a host name", is_host};
const Form broker{"host:port", is_broker};
const Form topic{"a topic name (letters, digits, '.', '_', '-'; at most 249)", is_topic};
const Form group{"a group name (printable ASCII without spaces; at most 249)", is_group};
const Form database_url{"postgresql://… or, for the embedded store, sqlite:", is_database_url};
const Form api_key{"22 to 256 printable characters without spaces (`openssl rand -hex 16` makes one)",
                   is_api_key};
const Form mailbox{"an address, or a name and an address: Name <name@example.org>", is_mailbox};
const Form sms_sender{"up to 11 letters, digits and spaces, or a number of up to 15 digits", is_sms_sender};
const Form header{"name=value, the value percent-encoded", is_header};
const Form region{"a country's two capital letters (ISO 3166-1)", is_region};

}  // namespace vestnik::config::forms
