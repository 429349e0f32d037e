#include "email/smtp/address.h"

#include <algorithm>
#include <cstdint>
#include <idn2.h>
#include <memory>
#include <optional>

#include "base/text.h"

namespace vestnik::email::smtp {
namespace {

constexpr std::size_t local_octets_max = 64;
constexpr std::size_t address_octets_max = 254;
constexpr std::size_t domain_octets_max = 253;

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

// U+0080..U+009F, which some displays and gateways treat as line ends.
bool has_c1_control(std::string_view utf8) {
  for (std::size_t i = 0; i + 1 < utf8.size(); ++i)
    if (static_cast<unsigned char>(utf8[i]) == 0xC2 && static_cast<unsigned char>(utf8[i + 1]) < 0xA0)
      return true;
  return false;
}

// Length of the well-formed sequence at the start of `text`, 0 if there is none (Unicode table 3-7).
std::size_t utf8_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return at(i) >= low && at(i) <= high;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = continues(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = continues(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// A quoted local part (RFC 5321 section 4.1.2) is closed by its last character and by no other.
bool is_well_quoted(std::string_view local) {
  if (local.size() < 2 || local.back() != '"') return false;
  for (std::size_t i = 1; i + 1 < local.size(); ++i) {
    if (local[i] == '"') return false;
    if (local[i] == '\\' && ++i + 1 >= local.size()) return false;
  }
  return true;
}

bool is_safe_local(std::string_view local) {
  if (local.front() == '"') return is_well_quoted(local);
  return local.find_first_of(" <>\"(),:;[]\\@") == std::string_view::npos;
}

bool is_label_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

bool is_domain_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return false;
  return std::ranges::all_of(domain.substr(1, domain.size() - 2),
                             [](char c) { return c == '.' || c == ':' || is_label_character(c); });
}

// Labels of 1 to 63 letters, digits, hyphens (RFC 5321 section 4.1.2) and underscores, which exist.
bool is_ascii_domain(std::string_view domain) {
  if (domain.size() > domain_octets_max) return false;
  std::size_t label = 0;
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!is_label_character(c) || ++label > 63) {
      return false;
    }
  }
  return label > 0;
}

// Letters, digits and dots, hyphens and underscores only where IDNA has no rule about them: libidn2 would
// change nothing but the case.
bool is_plain_domain(std::string_view domain) {
  return is_ascii(domain) && domain.find("--") == domain.npos && !domain.starts_with('-') &&
         !domain.ends_with('-') && domain.find("-.") == domain.npos && domain.find(".-") == domain.npos;
}

std::string lower_case_ascii(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// libidn2 passes ASCII through as it is, spaces and brackets included: what it returns is checked too.
std::optional<std::string> to_a_labels(const std::string& domain) {
  if (is_domain_literal(domain)) return domain;
  if (!std::ranges::all_of(domain,
                           [](char c) { return c == '.' || (c & 0x80) != 0 || is_label_character(c); }))
    return std::nullopt;
  if (is_plain_domain(domain)) {
    if (!is_ascii_domain(domain)) return std::nullopt;
    return lower_case_ascii(domain);
  }
  char* converted = nullptr;
  const int status = idn2_to_ascii_8z(domain.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&idn2_free)> owned(converted, &idn2_free);
  if (status != IDN2_OK) return std::nullopt;
  std::string ascii = lower_case_ascii(owned.get());
  if (!is_ascii_domain(ascii)) return std::nullopt;
  return ascii;
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool EnvelopeAddress::needs_smtputf8() const { return !is_ascii(local); }

std::string EnvelopeAddress::wire() const { return local + '@' + (needs_smtputf8() ? domain : a_domain); }

Result<EnvelopeAddress, Failure<AddressError>> parse_envelope_address(std::string_view text) {
  if (std::ranges::any_of(text, is_control))
    return fail(AddressError::unsafe, "the address holds a control character");
  if (!is_utf8(text)) return fail(AddressError::malformed, "the address is not UTF-8");
  if (has_c1_control(text)) return fail(AddressError::unsafe, "the address holds a control character");
  if (text.size() > address_octets_max)
    return fail(AddressError::too_long, "the address is longer than 254 octets");
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size())
    return fail(AddressError::malformed, "the address is not of the form local@domain");
  EnvelopeAddress address{.local = std::string(text.substr(0, at)),
                          .domain = std::string(text.substr(at + 1))};
  if (address.local.size() > local_octets_max)
    return fail(AddressError::too_long, "the address's local part is longer than 64 octets");
  if (!is_safe_local(address.local))
    return fail(AddressError::unsafe, "the address's local part holds characters that must be quoted");
  const auto a_domain = to_a_labels(address.domain);
  if (!a_domain)
    return fail(AddressError::domain, "the address's domain can't be written in ASCII (RFC 5891)");
  address.a_domain = *a_domain;
  if (address.wire().size() > address_octets_max)
    return fail(AddressError::too_long, "the address is longer than 254 octets with its domain in ASCII");
  return address;
}

}  // namespace vestnik::email::smtp
