// Delivery receipts: the text that an SMSC puts into a deliver_sm (SMPP 3.4 appendix B, "id:… sub:… dlvrd:…
// submit date:… done date:… stat:… err:… text:…") and the TLVs that say the same. The text is vendor
// specific, so it is read leniently.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "sms/smpp/pdu.h"

namespace vestnik::sms::smpp {

// How a peer writes its message ids. Some answer submit_sm in hexadecimal and send receipts in decimal.
enum class IdForm { text, hex, decimal };

// One form to compare ids in: `text` without surrounding spaces; `hex` and `decimal` as a decimal number
// without leading zeros. What is no such number (or beyond 64 bits) stays text. Octets outside printable
// ASCII become '?', and what is longer than message_id_bytes_max is cut.
inline constexpr std::size_t message_id_bytes_max = 128;
std::string normalize_id(std::string_view id, IdForm form);

enum class DeliveryState { delivered, failed, intermediate };

struct DeliveryReceipt {
  std::string message_id;    // as the peer wrote it
  bool id_from_tlv = false;  // then in the form of the peer's submit_sm_resp
  DeliveryState state = DeliveryState::intermediate;
  std::string answer;                // "stat:DELIVRD err:000", at most 64 characters, only printable ASCII
  std::optional<Timestamp> done_at;  // the SMSC's clock, whose zone is unknown: read as if it were UTC
};

// The receipt that `message` carries. None: it is no receipt, or has no message id. Only esm_class
// (section 5.2.12) or a receipted_message_id makes it one, never its text alone, which a subscriber can write
// too.
std::optional<DeliveryReceipt> read_receipt(const ShortMessage& message);

// The text alone. None: it has no `id`.
std::optional<DeliveryReceipt> parse_receipt_text(std::string_view text);

}  // namespace vestnik::sms::smpp
