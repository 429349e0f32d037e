// submit_sm into bytes, its answer out of them.
#include <fmt/format.h>

#include "parts/part.h"
#include "parts/samples.h"
#include "sms/smpp/pdu.h"
#include "sms/text/segment.h"

namespace vestnik::bench {
namespace {

using namespace sms::smpp;

constexpr std::size_t window = 100;

Pdu submit(std::size_t number) {
  const Notification n = planned_notifications(number).back();
  const auto segments = sms::text::segment(n.text, 0);
  return {.sequence = static_cast<std::uint32_t>(number + 1),
          .body = SubmitSm{{.source = {5, 0, "Vestnik"},
                            .destination = {1, 1, n.to.substr(1)},
                            .registered_delivery = 1,
                            .data_coding = static_cast<std::uint8_t>(segments->front().encoding),
                            .short_message = segments->front().header + segments->front().user_data}}};
}

// What one read brings: the answers to a whole window.
std::string responses() {
  std::string bytes;
  for (std::uint32_t sequence = 1; sequence <= window; ++sequence)
    encode({.sequence = sequence, .body = SubmitSmResp{fmt::format("{:08x}", 0x4D00'0000 + sequence)}},
           bytes);
  return bytes;
}

}  // namespace

Work submit_encode() {
  return [pdus = InTurn(samples(submit)), out = std::string()]() mutable {
    out.clear();
    encode(pdus.next(), out);
    keep(out);
  };
}

Work response_decode() {
  return [bytes = responses(), decoder = Decoder(), left = std::size_t{0}]() mutable {
    if (left == 0) {
      decoder.feed(bytes);
      left = window;
    }
    --left;
    const auto pdu = decoder.next();
    require(pdu && pdu->has_value() && std::holds_alternative<SubmitSmResp>((*pdu)->body),
            "the sample response can be read");
    keep(**pdu);
  };
}

}  // namespace vestnik::bench
