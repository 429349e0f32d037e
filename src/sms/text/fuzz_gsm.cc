// Text → parts → text, septets → packed → septets: nothing is lost, no limit is passed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sms/text/gsm.h"
#include "sms/text/segment.h"
#include "sms/text/utf.h"

using namespace vestnik::sms::text;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_segments(std::string_view input) {
  const auto parts = segment(input, 42);
  if (!parts) return;
  std::string together;
  for (const Part& part : *parts) {
    const std::size_t header_units = part.header.empty() ? 0 : part.encoding == Encoding::gsm7 ? 7 : 3;
    require(part.units + header_units <=
            (part.encoding == Encoding::gsm7 ? septets_single_max : utf16_single_max));
    require(part.header.size() + part.user_data.size() <= 254);  // SMPP's sm_length
    together += part.text;
  }
  require(together == utf8_from_utf16(utf16_from_utf8(input)));
}

void check_packing(std::string_view input, unsigned fill_bits) {
  std::string septets(input);
  for (char& c : septets) c &= 0x7F;
  require(unpack_septets(pack_septets(septets, fill_bits), septets.size(), fill_bits) == septets);
  unpack_septets(input, input.size() * 2, fill_bits);
  const std::u16string decoded = utf16_from_septets(septets);
  const auto again = septets_from_utf16(decoded);
  require(again && utf16_from_septets(*again) == decoded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_segments(input);
  check_packing(input, size % 7);
  return 0;
}
