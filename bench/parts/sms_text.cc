// The text of an SMS as parts that go over the air, and the packed form of the GSM alphabet.
#include "parts/part.h"
#include "parts/samples.h"
#include "sms/text/gsm.h"
#include "sms/text/segment.h"

namespace vestnik::bench {
namespace {

constexpr std::uint8_t reference = 42;

std::string sms(std::size_t number) { return planned_notifications(number).back().text; }

// As long as one SMS can be.
std::string septets(std::size_t number) {
  std::string text(sms::text::septets_single_max, 'a');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>((i * 7 + number) % 128);
  return text;
}

}  // namespace

Work sms_segment() {
  return [texts = InTurn(samples(sms))]() mutable {
    const auto segments = sms::text::segment(texts.next(), reference);
    require(segments.has_value(), "the sample SMS has some parts");
    keep(*segments);
  };
}

Work gsm_packing() {
  return [texts = InTurn(samples(septets))]() mutable { keep(sms::text::pack_septets(texts.next())); };
}

}  // namespace vestnik::bench
