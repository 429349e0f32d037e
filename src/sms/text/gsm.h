// The GSM 7 bit default alphabet with its extension table (3GPP TS 23.038 sections 6.2.1 and 6.2.1.1).
//
// Septets travel here one per octet, high bit 0: that is what SMPP peers take for data_coding 0 by default.
// The packed form of TS 23.038 section 6.1.2.1 is for peers that want eight septets in seven octets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik::sms::text {

inline constexpr char gsm_escape = 0x1B;

// The septets of `text`, a character of the extension table as escape and code. None: some character is in
// neither.
std::optional<std::string> septets_from_utf16(std::u16string_view text);

// Total: an escape before a code that the extension table lacks is left out, as TS 23.038 section 6.2.1.1 has
// it, an escape at the end or before an escape is a space (note 1 there); octets beyond 0x7F are U+FFFD.
std::u16string utf16_from_septets(std::string_view septets);

// TS 23.038 section 6.1.2.1, the first septet starting at bit `fill_bits` (0 to 6, after a user data header).
std::string pack_septets(std::string_view septets, unsigned fill_bits = 0);
// The first `count` septets of `packed`; fewer if it holds fewer.
std::string unpack_septets(std::string_view packed, std::size_t count, unsigned fill_bits = 0);

}  // namespace vestnik::sms::text
