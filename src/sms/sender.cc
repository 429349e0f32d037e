#include "sms/sender.h"

#include <algorithm>
#include <string>

namespace vestnik::sms {
namespace {

constexpr std::size_t alphanumeric_max = 11;
constexpr std::size_t e164_digits_max = 15;
constexpr std::size_t short_code_digits_max = 6;

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What is the same in ASCII and the GSM alphabet; everything else would need the peer to know our encoding.
bool is_sender_character(char c) {
  constexpr std::string_view different = "`$@[\\]^_{|}~";
  return c >= 0x20 && c < 0x7F && !different.contains(c);
}

}  // namespace

Result<smpp::Address, Failure<SenderError>> sender_address(std::string_view from, const smpp::SmppUrl& url) {
  if (from.empty()) return fail(SenderError::empty, "SMS_FROM is empty");
  const bool international = from.starts_with('+');
  const std::string_view digits = international ? from.substr(1) : from;
  smpp::Address address;
  if (all_digits(digits)) {
    if (digits.size() > e164_digits_max)
      return fail(SenderError::length, "SMS_FROM is a number of more than 15 digits");
    const bool short_code = !international && digits.size() <= short_code_digits_max;
    address =
        short_code ? smpp::Address{3, 0, std::string(digits)} : smpp::Address{1, 1, std::string(digits)};
  } else {
    if (!std::ranges::all_of(from, is_sender_character))
      return fail(SenderError::characters,
                  "SMS_FROM may hold letters, digits, spaces and simple punctuation only");
    if (from.size() > alphanumeric_max)
      return fail(SenderError::length, "SMS_FROM has more than 11 characters and is no number");
    address = {5, 0, std::string(from)};
  }
  address.ton = url.source_ton.value_or(address.ton);
  address.npi = url.source_npi.value_or(address.npi);
  return address;
}

std::optional<smpp::Address> destination_address(std::string_view to, const smpp::SmppUrl& url) {
  if (to.starts_with('+')) to.remove_prefix(1);
  if (!all_digits(to) || to.size() > e164_digits_max) return std::nullopt;
  return smpp::Address{url.destination_ton, url.destination_npi, std::string(to)};
}

}  // namespace vestnik::sms
