// SMS_FROM as an SMPP source address, a notification's `to` as a destination.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "sms/smpp/pdu.h"
#include "sms/smpp/url.h"

namespace vestnik::sms {

enum class SenderError { empty, characters, length };

// Up to 11 letters, digits, spaces and the like: alphanumeric (type of number 5, plan 0; 3GPP TS 23.040
// section 9.1.2.5). Digits, with or without a plus: international E.164 (1, 1), or, up to 6 of them without a
// plus, a short code (3, 0: network specific). The URL's source_ton and source_npi win.
Result<smpp::Address, Failure<SenderError>> sender_address(std::string_view from, const smpp::SmppUrl& url);

// E.164 without the plus (ITU-T E.164: at most 15 digits). None: it is no such number.
std::optional<smpp::Address> destination_address(std::string_view to, const smpp::SmppUrl& url);

}  // namespace vestnik::sms
