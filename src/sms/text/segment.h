// A text as the parts that go over the air: alphabet, segmentation, concatenation header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/notification.h"

namespace vestnik::sms::text {

// The values are SMPP's data_coding (3.4 section 5.2.19): 0 is the SMSC's default alphabet, 8 is UCS-2.
enum class Encoding : std::uint8_t { gsm7 = 0, ucs2 = 8 };
std::string_view to_string(Encoding encoding);  // "gsm7", "ucs2"

struct Part {
  Encoding encoding = Encoding::gsm7;
  std::string header;     // user data header with its length octet; empty: the only part
  std::string user_data;  // gsm7: septets, one per octet; ucs2: UTF-16, big endian
  std::size_t units = 0;  // septets or UTF-16 units in user_data
  std::string text;       // what this part says, UTF-8
};

enum class SegmentErrorKind { empty, too_long };

// 140 octets hold 160 septets or 70 UTF-16 units (TS 23.040 section 9.2.3.16); the concatenation header takes
// 6 octets.
inline constexpr std::size_t septets_single_max = 160, septets_part_max = 153;
inline constexpr std::size_t utf16_single_max = 70, utf16_part_max = 67;
// Beyond this a template has run away; 10 parts are 1530 septets.
inline constexpr std::size_t parts_max_default = 10;

// `text` is UTF-8; what isn't becomes U+FFFD. GSM alphabet if it has every character, else UTF-16. No part
// ends inside an escape sequence or a surrogate pair. With several parts each starts with a concatenation
// header with 8-bit `reference` (TS 23.040 section 9.2.3.24.1). The same input always gives the same parts.
// `parts_max` is 1 to 255.
Result<std::vector<Part>, Failure<SegmentErrorKind>> segment(std::string_view text, std::uint8_t reference,
                                                             std::size_t parts_max = parts_max_default);

// What people are shown of them: {"encoding": "gsm7", "parts": ["…"]}. There is at least one.
json::object parts_in_json(const std::vector<Part>& parts);

// Follows from the id, so that a part sent again completes the message that its siblings belong to.
std::uint8_t concatenation_reference(const NotificationId& id);

}  // namespace vestnik::sms::text
