// The PDUs of SMPP 3.4 that a transceiver sends and receives, as values and as bytes (sections 3.2, 4 and 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace vestnik::sms::smpp {

// Section 5.1.2.1. A response is its request's id with the highest bit set.
inline constexpr std::uint32_t response_bit = 0x8000'0000;
enum class CommandId : std::uint32_t {
  generic_nack = 0x8000'0000,
  submit_sm = 0x0000'0004,
  submit_sm_resp = 0x8000'0004,
  deliver_sm = 0x0000'0005,
  deliver_sm_resp = 0x8000'0005,
  unbind = 0x0000'0006,
  unbind_resp = 0x8000'0006,
  bind_transceiver = 0x0000'0009,
  bind_transceiver_resp = 0x8000'0009,
  enquire_link = 0x0000'0015,
  enquire_link_resp = 0x8000'0015,
};

// Section 5.3.2: the optional parameters that something here reads or writes.
enum class Tag : std::uint16_t {
  receipted_message_id = 0x001E,
  sc_interface_version = 0x0210,
  message_payload = 0x0424,
  message_state = 0x0427,
};

struct Tlv {
  std::uint16_t tag = 0;
  std::string value;

  friend bool operator==(const Tlv&, const Tlv&) = default;
};

struct Address {
  std::uint8_t ton = 0;  // section 5.2.5
  std::uint8_t npi = 0;  // section 5.2.6
  std::string digits;    // at most 20 octets (section 5.2.8)

  friend bool operator==(const Address&, const Address&) = default;
};

struct BindTransceiver {
  std::string system_id;    // at most 15 octets
  std::string password;     // at most 8
  std::string system_type;  // at most 12
  std::uint8_t interface_version = 0x34;
  Address range;  // digits: at most 40

  friend bool operator==(const BindTransceiver&, const BindTransceiver&) = default;
};

struct BindTransceiverResp {
  std::string system_id;
  std::vector<Tlv> tlvs;

  friend bool operator==(const BindTransceiverResp&, const BindTransceiverResp&) = default;
};

// The body that submit_sm (section 4.4.1) and deliver_sm (section 4.6.1) share.
struct ShortMessage {
  std::string service_type;
  Address source;
  Address destination;
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;
  std::uint8_t priority_flag = 0;
  std::string schedule_delivery_time;
  std::string validity_period;
  std::uint8_t registered_delivery = 0;
  std::uint8_t replace_if_present = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t default_message_id = 0;
  std::string short_message;  // at most 254 octets, user data header included
  std::vector<Tlv> tlvs;

  friend bool operator==(const ShortMessage&, const ShortMessage&) = default;
};

struct SubmitSm {
  ShortMessage message;
  friend bool operator==(const SubmitSm&, const SubmitSm&) = default;
};
struct DeliverSm {
  ShortMessage message;
  friend bool operator==(const DeliverSm&, const DeliverSm&) = default;
};
struct SubmitSmResp {
  std::string message_id;
  friend bool operator==(const SubmitSmResp&, const SubmitSmResp&) = default;
};
struct DeliverSmResp {
  friend bool operator==(const DeliverSmResp&, const DeliverSmResp&) = default;
};
struct EnquireLink {
  friend bool operator==(const EnquireLink&, const EnquireLink&) = default;
};
struct EnquireLinkResp {
  friend bool operator==(const EnquireLinkResp&, const EnquireLinkResp&) = default;
};
struct Unbind {
  friend bool operator==(const Unbind&, const Unbind&) = default;
};
struct UnbindResp {
  friend bool operator==(const UnbindResp&, const UnbindResp&) = default;
};
struct GenericNack {
  friend bool operator==(const GenericNack&, const GenericNack&) = default;
};
// A command that nothing here needs (outbind, data_sm, alert_notification, vendors' own). Its body is
// skipped.
struct Other {
  std::uint32_t command_id = 0;
  friend bool operator==(const Other&, const Other&) = default;
};

using Body =
    std::variant<BindTransceiver, BindTransceiverResp, SubmitSm, SubmitSmResp, DeliverSm, DeliverSmResp,
                 EnquireLink, EnquireLinkResp, Unbind, UnbindResp, GenericNack, Other>;

struct Pdu {
  std::uint32_t status = 0;  // command_status, section 5.1.3; 0 in requests
  std::uint32_t sequence = 0;
  Body body;

  friend bool operator==(const Pdu&, const Pdu&) = default;
};

std::uint32_t command_id(const Body& body);
const std::string* find_tlv(const std::vector<Tlv>& tlvs, Tag tag);

// Appends the PDU's octets. The bounds in the comments above are the caller's to keep (asserted).
void encode(const Pdu& pdu, std::string& out);

inline constexpr std::size_t header_bytes = 16;
// The standard sets no upper bound; a message_payload can be 64 KiB long, and nothing we expect comes near
// it.
inline constexpr std::size_t pdu_bytes_max = 64 * 1024;

enum class DecodeErrorKind {
  body,   // this PDU makes no sense and was consumed exactly; the next one can be read
  length  // command_length is out of bounds: where the next PDU begins is unknown, and the connection is of
          // no more use
};
struct DecodeError {
  DecodeErrorKind kind = DecodeErrorKind::body;
  std::uint32_t command_id = 0;
  std::uint32_t status = 0;
  std::uint32_t sequence = 0;
  std::string reason;  // holds nothing of the PDU's content
};

// Bytes in, PDUs out. Lenient where peers are known to be sloppy: a response's body may be missing, its
// message_id may lack the final NUL, and what follows it is not looked at.
class Decoder {
 public:
  // Keeps at most one PDU's worth of bytes beyond what next() has consumed, if next() is called until it is
  // empty.
  void feed(std::string_view bytes);
  // Empty: more bytes are needed. After a `length` error it only ever gives that error again.
  std::optional<Result<Pdu, DecodeError>> next();

 private:
  std::string buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace vestnik::sms::smpp
