#include "sms/text/segment.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <utility>

#include "base/ids.h"
#include "sms/text/gsm.h"
#include "sms/text/utf.h"

namespace vestnik::sms::text {
namespace {

// Where the parts of `units` end, `splits(i)` telling whether units i-1 and i must stay together.
template <class String, class Together>
std::vector<String> cut(const String& units, std::size_t single_max, std::size_t part_max,
                        Together together) {
  if (units.size() <= single_max) return {units};
  std::vector<String> pieces;
  for (std::size_t begin = 0; begin < units.size();) {
    std::size_t end = std::min(begin + part_max, units.size());
    if (end < units.size() && together(units, begin, end)) --end;
    pieces.push_back(units.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

// An escape and its code: the last septet of the piece is an escape that begins a sequence. Septets made by
// septets_from_utf16 never hold an escape as a code, so one look is enough.
bool inside_escape(const std::string& septets, std::size_t /*begin*/, std::size_t end) {
  return septets[end - 1] == gsm_escape;
}

bool inside_pair(const std::u16string& units, std::size_t /*begin*/, std::size_t end) {
  return is_high_surrogate(units[end - 1]) && is_low_surrogate(units[end]);
}

std::string big_endian(std::u16string_view units) {
  std::string out;
  out.reserve(units.size() * 2);
  for (char16_t unit : units) {
    out += static_cast<char>(unit >> 8);
    out += static_cast<char>(unit & 0xFF);
  }
  return out;
}

// TS 23.040 section 9.2.3.24.1: length of the header, element 0x00, its length, reference, number of parts,
// this part.
std::string concatenation_header(std::uint8_t reference, std::size_t parts, std::size_t number) {
  return {
      0x05, 0x00, 0x03, static_cast<char>(reference), static_cast<char>(parts), static_cast<char>(number)};
}

std::vector<Part> gsm_parts(const std::string& septets) {
  std::vector<Part> parts;
  for (std::string& piece : cut(septets, septets_single_max, septets_part_max, inside_escape))
    parts.push_back({Encoding::gsm7, "", piece, piece.size(), utf8_from_utf16(utf16_from_septets(piece))});
  return parts;
}

std::vector<Part> utf16_parts(const std::u16string& units) {
  std::vector<Part> parts;
  for (std::u16string& piece : cut(units, utf16_single_max, utf16_part_max, inside_pair))
    parts.push_back({Encoding::ucs2, "", big_endian(piece), piece.size(), utf8_from_utf16(piece)});
  return parts;
}

}  // namespace

std::string_view to_string(Encoding encoding) {
  switch (encoding) {
    case Encoding::gsm7: return "gsm7";
    case Encoding::ucs2: return "ucs2";
  }
  return "";
}

Result<std::vector<Part>, Failure<SegmentErrorKind>> segment(std::string_view text, std::uint8_t reference,
                                                             std::size_t parts_max) {
  assert(parts_max >= 1 && parts_max <= 255);
  if (text.empty()) return fail(SegmentErrorKind::empty, "the message has no text");
  // A character is at most 4 bytes and never more parts than this needs, so a runaway text isn't even
  // converted.
  if (text.size() > parts_max * septets_single_max * 4)
    return fail(SegmentErrorKind::too_long, fmt::format("the text needs more than {} parts", parts_max));
  const std::u16string units = utf16_from_utf8(text);
  const auto septets = septets_from_utf16(units);
  std::vector<Part> parts = septets ? gsm_parts(*septets) : utf16_parts(units);
  if (parts.size() > parts_max)
    return fail(SegmentErrorKind::too_long,
                fmt::format("the text needs {} parts, more than {}", parts.size(), parts_max));
  if (parts.size() > 1)
    for (std::size_t i = 0; i < parts.size(); ++i)
      parts[i].header = concatenation_header(reference, parts.size(), i + 1);
  return parts;
}

json::object parts_in_json(const std::vector<Part>& parts) {
  json::array texts;
  for (const Part& part : parts) texts.emplace_back(part.text);
  return {{"encoding", to_string(parts.front().encoding)}, {"parts", std::move(texts)}};
}

std::uint8_t concatenation_reference(const NotificationId& id) {
  return uuid_v8({"sms concatenation reference", id.value}).bytes[0];
}

}  // namespace vestnik::sms::text
