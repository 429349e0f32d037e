#include "sms/text/utf.h"

#include <cstdint>

namespace vestnik::sms::text {
namespace {

constexpr char16_t replacement = 0xFFFD;

struct Decoded {
  char32_t code_point;
  std::size_t bytes;
};

struct LeadByte {
  std::size_t continuation_bytes;
  std::uint8_t second_min;  // RFC 3629 section 4: what keeps overlong forms, surrogates and > U+10FFFF out
  std::uint8_t second_max;
  std::uint8_t payload_mask;
};

LeadByte classify(std::uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF, 0x1F};
  if (lead == 0xE0) return {2, 0xA0, 0xBF, 0x0F};
  if (lead == 0xED) return {2, 0x80, 0x9F, 0x0F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF, 0x0F};
  if (lead == 0xF0) return {3, 0x90, 0xBF, 0x07};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF, 0x07};
  if (lead == 0xF4) return {3, 0x80, 0x8F, 0x07};
  return {0, 0, 0, 0};
}

Decoded decode_one(std::string_view rest) {
  const auto lead = static_cast<std::uint8_t>(rest[0]);
  if (lead < 0x80) return {lead, 1};
  const LeadByte kind = classify(lead);
  if (kind.continuation_bytes == 0) return {replacement, 1};
  char32_t code_point = lead & kind.payload_mask;
  for (std::size_t i = 1; i <= kind.continuation_bytes; ++i) {
    const std::uint8_t low = i == 1 ? kind.second_min : 0x80;
    const std::uint8_t high = i == 1 ? kind.second_max : 0xBF;
    if (i >= rest.size()) return {replacement, i};
    const auto byte = static_cast<std::uint8_t>(rest[i]);
    if (byte < low || byte > high) return {replacement, i};
    code_point = code_point << 6 | (byte & 0x3F);
  }
  return {code_point, kind.continuation_bytes + 1};
}

void append_utf8(char32_t c, std::string& out) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

}  // namespace

std::u16string utf16_from_utf8(std::string_view utf8) {
  std::u16string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const Decoded one = decode_one(utf8);
    if (one.code_point < 0x10000) {
      out += static_cast<char16_t>(one.code_point);
    } else {
      out += static_cast<char16_t>(0xD800 + ((one.code_point - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((one.code_point - 0x10000) & 0x3FF));
    }
    utf8.remove_prefix(one.bytes);
  }
  return out;
}

std::string utf8_from_utf16(std::u16string_view utf16) {
  std::string out;
  out.reserve(utf16.size());
  for (std::size_t i = 0; i < utf16.size(); ++i) {
    const char16_t unit = utf16[i];
    if (is_high_surrogate(unit) && i + 1 < utf16.size() && is_low_surrogate(utf16[i + 1])) {
      append_utf8(0x10000 + (static_cast<char32_t>(unit & 0x3FF) << 10) + (utf16[i + 1] & 0x3FF), out);
      ++i;
    } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
      append_utf8(replacement, out);
    } else {
      append_utf8(unit, out);
    }
  }
  return out;
}

}  // namespace vestnik::sms::text
