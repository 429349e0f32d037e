#include "users/email_address.h"

#include <algorithm>
#include <idn2.h>
#include <memory>
#include <optional>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "base/text.h"

namespace vestnik::users {
namespace {

constexpr std::size_t address_octets_max = 254;    // RFC 5321 section 4.5.3.1.3, less the angle brackets
constexpr std::size_t local_part_octets_max = 64;  // section 4.5.3.1.1
constexpr std::size_t label_octets_max = 63;       // RFC 1035 section 2.3.4
constexpr std::size_t input_octets_max = 4 * address_octets_max;  // a U-label may be longer than its A-label

bool is_clean_utf8(std::string_view text) {
  for (std::int32_t i = 0, size = static_cast<std::int32_t>(text.size()); i < size;) {
    UChar32 c;
    U8_NEXT(text.data(), i, size, c);
    if (c < 0 || (U_GET_GC_MASK(c) & (U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK))) return false;
  }
  return true;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// atext (RFC 5322 section 3.2.3) or UTF8-non-ascii (RFC 6531 section 3.3).
bool is_atext(char c) {
  return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' ? text[i - 1] == '.' : !is_atext(text[i])) return false;
  }
  return true;
}

struct LocalPart {
  std::size_t size = 0;  // as written
  std::string meaning;   // without quotes and backslashes
};

// Quoted-string of RFC 5321 section 4.1.2.
std::optional<LocalPart> quoted_local_part(std::string_view text) {
  LocalPart part;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      part.size = i + 1;
      return part;
    }
    if (text[i] == '\\') {
      if (++i == text.size() || static_cast<unsigned char>(text[i]) >= 0x80) return std::nullopt;
    }
    part.meaning += text[i];
  }
  return std::nullopt;
}

std::optional<LocalPart> local_part(std::string_view text) {
  if (text.starts_with('"')) return quoted_local_part(text);
  const std::string_view atom = text.substr(0, text.find('@'));
  if (!is_dot_atom(atom)) return std::nullopt;
  return LocalPart{atom.size(), std::string(atom)};
}

std::optional<std::string> to_a_labels(const std::string& domain) {
  std::uint8_t* result = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(domain.c_str()), &result,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL | IDN2_USE_STD3_ASCII_RULES);
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owner(result, &idn2_free);
  if (status != IDN2_OK) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(result));
}

// Letters, digits and hyphens (RFC 1123 section 2.1).
bool is_host_name(std::string_view domain) {
  for (;;) {
    const std::string_view label = domain.substr(0, domain.find('.'));
    if (label.empty() || label.size() > label_octets_max || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; }))
      return false;
    if (label.size() == domain.size())
      return !std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
    domain.remove_prefix(label.size() + 1);
  }
}

std::string lower_case_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<std::string> normal_domain(std::string_view text) {
  std::string domain = lower_case_ascii(text);
  if (!is_ascii(domain) || domain.find("xn--") != domain.npos) {
    auto converted = to_a_labels(domain);
    if (!converted) return std::nullopt;
    domain = std::move(*converted);
  }
  if (!is_host_name(domain)) return std::nullopt;
  return domain;
}

std::string case_folded(const std::string& text) {
  if (is_ascii(text)) return lower_case_ascii(text);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  icu::UnicodeString folded = nfc->normalize(icu::UnicodeString::fromUTF8(text), status).foldCase();
  std::string out;
  nfc->normalize(folded, status).toUTF8String(out);
  return U_SUCCESS(status) ? out : text;
}

}  // namespace

Result<EmailAddress, Failure<EmailFault>> parse_email_address(std::string_view text) {
  if (text.size() > input_octets_max) return fail(EmailFault::too_long, "is longer than 254 bytes");
  if (!is_clean_utf8(text))
    return fail(EmailFault::control_character, "holds a control character or is not UTF-8");
  const auto local = local_part(text);
  if (!local) return fail(EmailFault::local_part, "the part before @ is not valid (RFC 5321)");
  if (local->size > local_part_octets_max)
    return fail(EmailFault::too_long, "the part before @ is longer than 64 bytes");
  if (local->size >= text.size() || text[local->size] != '@')
    return fail(EmailFault::domain, "has no @ and domain");
  const auto domain = normal_domain(text.substr(local->size + 1));
  if (!domain) return fail(EmailFault::domain, "the part after @ is not a domain name");
  EmailAddress result;
  result.address.append(text.substr(0, local->size)).append("@").append(*domain);
  if (result.address.size() > address_octets_max)
    return fail(EmailFault::too_long, "is longer than 254 bytes");
  result.key = case_folded(local->meaning) + "@" + *domain;
  return result;
}

}  // namespace vestnik::users
