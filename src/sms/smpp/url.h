// SMPP_URL: smpp://system_id:password@host:port?window=100&binds=1, smpps:// for TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sms/smpp/receipt.h"

namespace vestnik::sms::smpp {

// One option each in the URL's query, by the name in quotes.
struct SmppUrl {
  std::string host;
  std::uint16_t port = 2775;  // 3550 with smpps
  bool tls = false;
  bool tls_verify = true;  // "tls_verify" true|false
  std::string system_id;
  std::string password;
  std::string system_type;                     // "system_type"
  std::size_t window = 100;                    // "window" 1 to 1000: submits unanswered a bind
  std::size_t binds = 1;                       // "binds" 1 to 16: connections
  std::optional<std::uint8_t> source_ton;      // "source_ton" 0 to 6; unset: as the sender's form has it
  std::optional<std::uint8_t> source_npi;      // "source_npi" 0 to 18
  std::uint8_t destination_ton = 1;            // "dest_ton": international
  std::uint8_t destination_npi = 1;            // "dest_npi": E.164
  std::uint8_t data_coding = 0;                // "data_coding" 0 to 255, for texts in the GSM alphabet
  std::chrono::seconds enquire_link_idle{30};  // "enquire_link_s" 1 to 3600
  std::chrono::seconds response_limit{30};     // "response_s" 1 to 600
  IdForm response_ids = IdForm::text;  // "response_ids" text|hex|decimal: message ids in submit_sm_resp
  IdForm receipt_ids = IdForm::text;   // "receipt_ids" the same, in the text of receipts
};

enum class UrlError { not_a_url, scheme, host, credentials, option };

// The message names the part that is wrong, never the password.
Result<SmppUrl, Failure<UrlError>> parse_smpp_url(std::string_view text);

}  // namespace vestnik::sms::smpp
