#include "sms/text/gsm.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

namespace vestnik::sms::text {
namespace {

constexpr std::u16string_view basic_alphabet =
    u"@£$¥èéùìòÇ\nØø\rÅå"
    u"Δ_ΦΓΛΩΠΨΣΘΞ\x1B"
    u"ÆæßÉ"
    u" !\"#¤%&'()*+,-./"
    u"0123456789:;<=>?"
    u"¡ABCDEFGHIJKLMNO"
    u"PQRSTUVWXYZÄÖÑÜ§"
    u"¿abcdefghijklmno"
    u"pqrstuvwxyzäöñüà";
static_assert(basic_alphabet.size() == 128);

struct Extension {
  char16_t character;
  char code;
};
constexpr std::array extension_table{Extension{u'\f', 0x0A}, Extension{u'^', 0x14},  Extension{u'{', 0x28},
                                     Extension{u'}', 0x29},  Extension{u'\\', 0x2F}, Extension{u'[', 0x3C},
                                     Extension{u'~', 0x3D},  Extension{u']', 0x3E},  Extension{u'|', 0x40},
                                     Extension{u'€', 0x65}};

constexpr std::uint8_t not_there = 0xFF;

// Characters below U+0100 by their code, since nearly all are; the Greek ones are searched for.
constexpr std::array<std::uint8_t, 256> latin_to_septet = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(not_there);
  for (std::size_t septet = 0; septet < basic_alphabet.size(); ++septet)
    if (basic_alphabet[septet] < 256 && septet != static_cast<std::size_t>(gsm_escape))
      table[basic_alphabet[septet]] = static_cast<std::uint8_t>(septet);
  return table;
}();

bool append_septets(char16_t character, std::string& out) {
  if (character < 256) {
    if (latin_to_septet[character] != not_there) {
      out += static_cast<char>(latin_to_septet[character]);
      return true;
    }
  } else if (const auto at = basic_alphabet.find(character); at != std::u16string_view::npos) {
    out += static_cast<char>(at);
    return true;
  }
  for (const Extension& extension : extension_table) {
    if (extension.character != character) continue;
    out += gsm_escape;
    out += extension.code;
    return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> septets_from_utf16(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char16_t character : text)
    if (!append_septets(character, out)) return std::nullopt;
  return out;
}

std::u16string utf16_from_septets(std::string_view septets) {
  std::u16string out;
  out.reserve(septets.size());
  for (std::size_t i = 0; i < septets.size(); ++i) {
    const auto septet = static_cast<std::uint8_t>(septets[i]);
    if (septet > 0x7F) {
      out += u'\xFFFD';
    } else if (septets[i] != gsm_escape) {
      out += basic_alphabet[septet];
    } else if (i + 1 == septets.size() || septets[i + 1] == gsm_escape) {
      out += u' ';
    } else {
      for (const Extension& extension : extension_table) {
        if (extension.code != septets[i + 1]) continue;
        out += extension.character;
        ++i;
        break;
      }
    }
  }
  return out;
}

std::string pack_septets(std::string_view septets, unsigned fill_bits) {
  assert(fill_bits < 7);
  std::string out;
  out.reserve((septets.size() * 7 + fill_bits + 7) / 8);
  unsigned pending = 0;  // bits not yet in `out`, the oldest lowest
  unsigned pending_bits = fill_bits;
  for (char c : septets) {
    pending |= (static_cast<unsigned>(c) & 0x7F) << pending_bits;
    pending_bits += 7;
    if (pending_bits < 8) continue;
    out += static_cast<char>(pending & 0xFF);
    pending >>= 8;
    pending_bits -= 8;
  }
  if (pending_bits > 0 && !septets.empty()) out += static_cast<char>(pending & 0xFF);
  return out;
}

std::string unpack_septets(std::string_view packed, std::size_t count, unsigned fill_bits) {
  assert(fill_bits < 7);
  std::string out;
  out.reserve(std::min(count, packed.size() * 8 / 7 + 1));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = fill_bits + i * 7;
    const std::size_t at = bit / 8;
    const unsigned shift = bit % 8;
    if (bit + 7 > packed.size() * 8) break;
    unsigned window = static_cast<std::uint8_t>(packed[at]);
    if (shift > 1) window |= static_cast<unsigned>(static_cast<std::uint8_t>(packed[at + 1])) << 8;
    out += static_cast<char>(window >> shift & 0x7F);
  }
  return out;
}

}  // namespace vestnik::sms::text
