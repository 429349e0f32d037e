#include "bench/load/smpp_dialogue.h"

#include <chrono>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <optional>

namespace vestnik::bench {
namespace {

// Section 5.1.2.1.
constexpr std::uint32_t generic_nack = 0x8000'0000, response_bit = 0x8000'0000;
constexpr std::uint32_t bind_receiver = 1, bind_transmitter = 2, submit_sm = 4, deliver_sm = 5, unbind = 6,
                        bind_transceiver = 9, enquire_link = 0x15;
// Section 5.1.3.
constexpr std::uint32_t invalid_length = 2, invalid_command = 3, invalid_bind_state = 4;

constexpr std::size_t header_bytes = 16;
constexpr std::size_t pdu_bytes_max = 64 * 1024;
constexpr char esm_class_receipt = 0x04;               // section 5.2.12
constexpr unsigned char registered_delivery_mask = 3;  // section 5.2.17

std::uint32_t read_u32(std::string_view bytes) {
  const auto octet = [bytes](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  return octet(0) << 24 | octet(1) << 16 | octet(2) << 8 | octet(3);
}

void append_u32(std::string& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(value >> shift & 0xFF);
}

// `body` is appended behind its header.
void append_pdu(std::string& out, std::uint32_t command, std::uint32_t status, std::uint32_t sequence,
                std::string_view body = {}) {
  append_u32(out, static_cast<std::uint32_t>(header_bytes + body.size()));
  append_u32(out, command);
  append_u32(out, status);
  append_u32(out, sequence);
  out += body;
}

// Takes the fields of a body from its front. After one that isn't there all are empty or 0, and is_whole() is
// false.
class Fields {
 public:
  explicit Fields(std::string_view body) : rest_(body) {}

  std::string_view text() {  // a C-octet string
    const std::size_t end = rest_.find('\0');
    if (end == rest_.npos) return is_whole_ = false, rest_ = {};
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return value;
  }
  unsigned char octet() {
    const std::string_view value = octets(1);
    return value.empty() ? 0 : static_cast<unsigned char>(value[0]);
  }
  std::string_view octets(std::size_t size) {
    if (rest_.size() < size) return is_whole_ = false, rest_ = {};
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  bool is_whole() const { return is_whole_; }

 private:
  std::string_view rest_;
  bool is_whole_ = true;
};

struct Submit {
  std::string_view source, destination;  // type, plan, digits and NUL, as they stand in the PDU
  std::string_view digits;               // of the destination
  std::string_view message;
  bool wants_receipt = false;
};

// Section 4.4.1.
std::optional<Submit> read_submit(std::string_view body) {
  Fields fields(body);
  Submit submit;
  const auto address = [&fields](std::string_view& digits) {
    const std::string_view kind = fields.octets(2);
    digits = fields.text();
    return std::string_view(kind.data(), kind.size() + digits.size() + 1);
  };
  std::string_view source_digits;
  fields.text();  // service_type
  submit.source = address(source_digits);
  submit.destination = address(submit.digits);
  fields.octets(3);  // esm_class, protocol_id, priority_flag
  fields.text();     // schedule_delivery_time
  fields.text();     // validity_period
  submit.wants_receipt = (fields.octet() & registered_delivery_mask) != 0;
  fields.octets(3);  // replace_if_present_flag, data_coding, sm_default_msg_id
  submit.message = fields.octets(fields.octet());
  if (!fields.is_whole()) return std::nullopt;
  return submit;
}

// One process answers with no id twice, nor does one that is started a second later.
std::string next_message_id() {
  static std::uint64_t next = static_cast<std::uint64_t>(std::time(nullptr)) << 24;
  return std::to_string(next++);
}

// Appendix B: minutes, so the start's will do for all.
const std::string& receipt_time() {
  static const std::string time = fmt::format("{:%y%m%d%H%M}", fmt::gmtime(std::time(nullptr)));
  return time;
}

// Sections 4.6.1 and appendix B.
std::string receipt_for(const Submit& submit, std::string_view message_id) {
  const std::string text = fmt::format(
      "id:{} sub:001 dlvrd:001 submit date:{} done date:{} stat:DELIVRD err:000 text:", message_id,
      receipt_time(), receipt_time());
  std::string body(1, '\0');  // service_type
  body += submit.destination;
  body += submit.source;
  body += esm_class_receipt;
  body.append(2, '\0');  // protocol_id, priority_flag
  body.append(2, '\0');  // schedule_delivery_time, validity_period
  body.append(4, '\0');  // registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id
  body += static_cast<char>(text.size());
  return body + text;
}

}  // namespace

Dialogue::Next SmppDialogue::on_bytes(std::string_view bytes, std::uint64_t now_ns, std::string& answers) {
  now_ns_ = now_ns;
  input_ += bytes;
  std::string_view rest = input_;
  Next next = Next::more;
  while (next == Next::more && rest.size() >= header_bytes) {
    const std::size_t size = read_u32(rest);
    if (size < header_bytes || size > pdu_bytes_max) {
      append_pdu(answers, generic_nack, invalid_length, 0);
      next = Next::close;
      break;
    }
    if (rest.size() < size) break;
    next = on_pdu({read_u32(rest.substr(4)), read_u32(rest.substr(8)), read_u32(rest.substr(12))},
                  rest.substr(header_bytes, size - header_bytes), answers);
    rest.remove_prefix(size);
  }
  input_.erase(0, input_.size() - rest.size());
  return next;
}

Dialogue::Next SmppDialogue::on_pdu(const Header& header, std::string_view body, std::string& answers) {
  const auto answer = [&](std::uint32_t status, std::string_view answer_body = {}) {
    append_pdu(answers, header.command | response_bit, status, header.sequence, answer_body);
  };
  if (header.command & response_bit) return Next::more;
  switch (header.command) {
    case bind_receiver:
    case bind_transmitter:
    case bind_transceiver:
      is_bound_ = true;
      answer(0, std::string_view("bench\0", 6));
      return Next::more;
    case submit_sm: on_submit(header, body, answers); return Next::more;
    case enquire_link: answer(0); return Next::more;
    case unbind: answer(0); return Next::close;
    default: append_pdu(answers, generic_nack, invalid_command, header.sequence); return Next::more;
  }
}

void SmppDialogue::on_submit(const Header& header, std::string_view body, std::string& answers) {
  const auto answer = [&](std::uint32_t status, std::string_view answer_body = {}) {
    append_pdu(answers, header.command | response_bit, status, header.sequence, answer_body);
  };
  const auto submit = read_submit(body);
  if (!is_bound_) return answer(invalid_bind_state);
  if (!submit) return answer(invalid_length);
  tally_.count(now_ns_, 1, submit->message.size());
  tally_.record(submit->digits, now_ns_);
  const std::string id = next_message_id();
  answer(0, std::string_view(id.c_str(), id.size() + 1));
  if (receipts_ && submit->wants_receipt)
    append_pdu(answers, deliver_sm, 0, next_sequence_++, receipt_for(*submit, id));
}

}  // namespace vestnik::bench
