#include "email/mailbox.h"

#include <algorithm>
#include <optional>

#include "email/smtp/address.h"

namespace vestnik::email {
namespace {

constexpr std::string_view form =
    "write an address, or a name and an address: Vestnik <no-reply@example.org>";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Takes the quotes off (RFC 5322 section 3.2.4); empty: they don't match.
std::optional<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"')) {
    if (text.find_first_of("\"<>") != std::string_view::npos) return std::nullopt;
    return std::string(text);
  }
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1 == text.size() ? std::optional(out) : std::nullopt;
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    out += text[i];
  }
  return std::nullopt;
}

}  // namespace

Result<Mailbox, Failure<MailboxError>> parse_mailbox(std::string_view text) {
  if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }) ||
      !smtp::is_utf8(text))
    return fail(MailboxError::malformed,
                "the sender holds a control character or is not UTF-8; " + std::string(form));
  text = trimmed(text);
  Mailbox mailbox;
  if (text.ends_with('>')) {
    const std::size_t open = text.rfind('<');
    if (open == std::string_view::npos)
      return fail(MailboxError::malformed, "the sender has > without <; " + std::string(form));
    const auto name = unquoted(trimmed(text.substr(0, open)));
    if (!name)
      return fail(MailboxError::malformed, "the sender's name is not well quoted; " + std::string(form));
    mailbox.name = *name;
    text = text.substr(open + 1, text.size() - open - 2);
  }
  const auto address = smtp::parse_envelope_address(text);
  if (!address)
    return fail(MailboxError::address, "the sender: " + address.error().message + "; " + std::string(form));
  mailbox.address = text;
  mailbox.a_domain = address->a_domain;
  return mailbox;
}

}  // namespace vestnik::email
