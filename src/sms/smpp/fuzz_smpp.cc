// Bytes from the peer: the decoder consumes exactly and re-encodes what it read, the session never breaks its
// promises.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "sms/smpp/session.h"

using namespace vestnik::sms::smpp;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_decoder(std::string_view input) {
  Decoder decoder;
  decoder.feed(input);
  std::size_t consumed = 0;
  while (const auto pdu = decoder.next()) {
    if (!*pdu && pdu->error().kind == DecodeErrorKind::length) break;
    require(consumed + header_bytes <= input.size());
    std::uint32_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>(input[consumed + i]);
    consumed += length;
    require(consumed <= input.size());
    if (const auto* deliver = *pdu ? std::get_if<DeliverSm>(&(*pdu)->body) : nullptr)
      read_receipt(deliver->message);
  }
}

// The first byte splits the rest into pieces, so that every boundary is tried.
void check_session(std::string_view input, std::size_t piece) {
  vestnik::SteadyTime now{std::chrono::hours(1)};
  Session session({.window = 4}, now);
  std::string bind_resp;
  encode({.status = 0, .sequence = 1, .body = BindTransceiverResp{}}, bind_resp);
  session.feed(bind_resp, now);
  constexpr SubmitToken tokens = 6;
  for (SubmitToken token = 1; token <= tokens; ++token) session.submit(token, ShortMessage{}, now);
  std::uint64_t written = session.take_output(now).size();
  session.wrote(written, now);
  while (!input.empty()) {
    session.feed(input.substr(0, piece), now);
    input.remove_prefix(std::min(piece, input.size()));
    written += session.take_output(now).size();
    now += std::chrono::milliseconds(700);
    session.tick(now);
  }
  session.end(written);
  std::set<SubmitToken> answered;
  for (const Event& event : session.take_events())
    if (const auto* one = std::get_if<Answered>(&event)) require(answered.insert(one->token).second);
  require(answered.size() == tokens);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_decoder(input);
  check_session(input, data[0] + 1u);
  return 0;
}
