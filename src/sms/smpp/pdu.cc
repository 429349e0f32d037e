#include "sms/smpp/pdu.h"

#include <algorithm>
#include <fmt/format.h>

#include "model/outcome.h"
#include "sms/smpp/wire.h"

namespace vestnik::sms::smpp {
namespace {

void put_address(std::string& out, const Address& address, std::size_t digits_max) {
  put_u8(out, address.ton);
  put_u8(out, address.npi);
  put_c_string(out, address.digits, digits_max);
}

void put_tlvs(std::string& out, const std::vector<Tlv>& tlvs) {
  for (const Tlv& tlv : tlvs) {
    assert(tlv.value.size() <= 0xFFFF);
    put_u16(out, tlv.tag);
    put_u16(out, static_cast<std::uint16_t>(tlv.value.size()));
    out += tlv.value;
  }
}

void put_message(std::string& out, const ShortMessage& m) {
  put_c_string(out, m.service_type, 5);
  put_address(out, m.source, 20);
  put_address(out, m.destination, 20);
  put_u8(out, m.esm_class);
  put_u8(out, m.protocol_id);
  put_u8(out, m.priority_flag);
  put_c_string(out, m.schedule_delivery_time, 16);
  put_c_string(out, m.validity_period, 16);
  put_u8(out, m.registered_delivery);
  put_u8(out, m.replace_if_present);
  put_u8(out, m.data_coding);
  put_u8(out, m.default_message_id);
  assert(m.short_message.size() <= 254);
  put_u8(out, static_cast<std::uint8_t>(m.short_message.size()));
  out += m.short_message;
  put_tlvs(out, m.tlvs);
}

void put_body(std::string& out, const Body& body) {
  std::visit(Overloaded{
                 [&](const BindTransceiver& b) {
                   put_c_string(out, b.system_id, 15);
                   put_c_string(out, b.password, 8);
                   put_c_string(out, b.system_type, 12);
                   put_u8(out, b.interface_version);
                   put_address(out, b.range, 40);
                 },
                 [&](const BindTransceiverResp& b) {
                   put_c_string(out, b.system_id, 15);
                   put_tlvs(out, b.tlvs);
                 },
                 [&](const SubmitSm& b) { put_message(out, b.message); },
                 [&](const DeliverSm& b) { put_message(out, b.message); },
                 [&](const SubmitSmResp& b) { put_c_string(out, b.message_id, 64); },
                 [&](const DeliverSmResp&) { put_c_string(out, "", 0); },
                 [](const EnquireLink&) {},
                 [](const EnquireLinkResp&) {},
                 [](const Unbind&) {},
                 [](const UnbindResp&) {},
                 [](const GenericNack&) {},
                 [](const Other&) {},
             },
             body);
}

Address read_address(Reader& in) {
  Address address;
  address.ton = in.u8();
  address.npi = in.u8();
  address.digits = in.c_string();
  return address;
}

std::vector<Tlv> read_tlvs(Reader& in) {
  std::vector<Tlv> tlvs;
  while (!in.at_end() && !in.failed()) {
    const std::uint16_t tag = in.u16();
    const std::uint16_t length = in.u16();
    const std::string_view value = in.octets(length);
    if (!in.failed()) tlvs.push_back({tag, std::string(value)});
  }
  return tlvs;
}

ShortMessage read_message(Reader& in) {
  ShortMessage m;
  m.service_type = in.c_string();
  m.source = read_address(in);
  m.destination = read_address(in);
  m.esm_class = in.u8();
  m.protocol_id = in.u8();
  m.priority_flag = in.u8();
  m.schedule_delivery_time = in.c_string();
  m.validity_period = in.c_string();
  m.registered_delivery = in.u8();
  m.replace_if_present = in.u8();
  m.data_coding = in.u8();
  m.default_message_id = in.u8();
  m.short_message = in.octets(in.u8());
  m.tlvs = read_tlvs(in);
  return m;
}

BindTransceiver read_bind(Reader& in) {
  BindTransceiver b;
  b.system_id = in.c_string();
  b.password = in.c_string();
  b.system_type = in.c_string();
  b.interface_version = in.u8();
  b.range = read_address(in);
  return b;
}

// What follows the system_id of a bind response is only of interest if it can be read.
BindTransceiverResp read_bind_resp(Reader& in) {
  BindTransceiverResp b;
  b.system_id = in.c_string_or_rest();
  b.tlvs = read_tlvs(in);
  return b;
}

Body read_body(std::uint32_t id, Reader& in) {
  switch (static_cast<CommandId>(id)) {
    case CommandId::generic_nack: return GenericNack{};
    case CommandId::submit_sm: return SubmitSm{read_message(in)};
    case CommandId::submit_sm_resp: return SubmitSmResp{std::string(in.c_string_or_rest())};
    case CommandId::deliver_sm: return DeliverSm{read_message(in)};
    case CommandId::deliver_sm_resp: return DeliverSmResp{};
    case CommandId::unbind: return Unbind{};
    case CommandId::unbind_resp: return UnbindResp{};
    case CommandId::bind_transceiver: return read_bind(in);
    case CommandId::bind_transceiver_resp: return read_bind_resp(in);
    case CommandId::enquire_link: return EnquireLink{};
    case CommandId::enquire_link_resp: return EnquireLinkResp{};
  }
  return Other{id};
}

}  // namespace

std::uint32_t command_id(const Body& body) {
  const auto id = [](CommandId value) { return static_cast<std::uint32_t>(value); };
  return std::visit(Overloaded{
                        [&](const BindTransceiver&) { return id(CommandId::bind_transceiver); },
                        [&](const BindTransceiverResp&) { return id(CommandId::bind_transceiver_resp); },
                        [&](const SubmitSm&) { return id(CommandId::submit_sm); },
                        [&](const SubmitSmResp&) { return id(CommandId::submit_sm_resp); },
                        [&](const DeliverSm&) { return id(CommandId::deliver_sm); },
                        [&](const DeliverSmResp&) { return id(CommandId::deliver_sm_resp); },
                        [&](const EnquireLink&) { return id(CommandId::enquire_link); },
                        [&](const EnquireLinkResp&) { return id(CommandId::enquire_link_resp); },
                        [&](const Unbind&) { return id(CommandId::unbind); },
                        [&](const UnbindResp&) { return id(CommandId::unbind_resp); },
                        [&](const GenericNack&) { return id(CommandId::generic_nack); },
                        [](const Other& other) { return other.command_id; },
                    },
                    body);
}

const std::string* find_tlv(const std::vector<Tlv>& tlvs, Tag tag) {
  const auto found = std::ranges::find(tlvs, static_cast<std::uint16_t>(tag), &Tlv::tag);
  return found == tlvs.end() ? nullptr : &found->value;
}

void encode(const Pdu& pdu, std::string& out) {
  const std::size_t start = out.size();
  put_u32(out, 0);
  put_u32(out, command_id(pdu.body));
  put_u32(out, pdu.status);
  put_u32(out, pdu.sequence);
  put_body(out, pdu.body);
  const std::size_t length = out.size() - start;
  assert(length <= pdu_bytes_max);
  for (int i = 0; i < 4; ++i) out[start + i] = static_cast<char>(length >> (24 - 8 * i) & 0xFF);
}

void Decoder::feed(std::string_view bytes) {
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  buffer_ += bytes;
}

std::optional<Result<Pdu, DecodeError>> Decoder::next() {
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < 4) return std::nullopt;
  const std::uint32_t length = u32_at(rest, 0);
  if (length < header_bytes || length > pdu_bytes_max)
    return std::unexpected(DecodeError{
        DecodeErrorKind::length, 0, 0, 0,
        fmt::format("command_length {} is not within {} and {}", length, header_bytes, pdu_bytes_max)});
  if (rest.size() < length) return std::nullopt;
  consumed_ += length;

  const std::uint32_t id = u32_at(rest, 4);
  Pdu pdu{.status = u32_at(rest, 8), .sequence = u32_at(rest, 12), .body = {}};
  Reader in(rest.substr(header_bytes, length - header_bytes));
  pdu.body = read_body(id, in);
  // A response's verdict is in its header; a broken body takes nothing from it.
  if (in.failed() && (id & response_bit) == 0)
    return std::unexpected(DecodeError{DecodeErrorKind::body, id, pdu.status, pdu.sequence,
                                       fmt::format("the body of command 0x{:08X} ends too early", id)});
  return pdu;
}

}  // namespace vestnik::sms::smpp
