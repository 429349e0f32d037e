#include "sms/text/gsm.h"

#include <gtest/gtest.h>
#include <set>

namespace vestnik::sms::text {
namespace {

using namespace std::string_literals;

TEST(Gsm, EveryBasicSeptetRoundTrips) {
  std::set<char16_t> seen;
  for (int septet = 0; septet < 128; ++septet) {
    if (septet == gsm_escape) continue;
    const std::string one(1, static_cast<char>(septet));
    const std::u16string character = utf16_from_septets(one);
    ASSERT_EQ(character.size(), 1u);
    EXPECT_TRUE(seen.insert(character[0]).second) << septet;
    EXPECT_EQ(septets_from_utf16(character), one) << septet;
  }
}

TEST(Gsm, SeptetsAreThoseOfTheStandard) {
  EXPECT_EQ(septets_from_utf16(u"@£$"), "\x00\x01\x02"s);
  EXPECT_EQ(septets_from_utf16(u"Δ_Ω"), "\x10\x11\x15"s);
  EXPECT_EQ(septets_from_utf16(u"ÄÖÑÜ§¿"), "\x5B\x5C\x5D\x5E\x5F\x60"s);
  EXPECT_EQ(septets_from_utf16(u"äöñüà"), "\x7B\x7C\x7D\x7E\x7F"s);
  EXPECT_EQ(septets_from_utf16(u"¤¡"), "\x24\x40"s);
  EXPECT_EQ(septets_from_utf16(u"\n\r"), "\x0A\x0D"s);
}

TEST(Gsm, ExtensionCharactersCostTwo) {
  EXPECT_EQ(septets_from_utf16(u"€"), "\x1B\x65"s);
  EXPECT_EQ(septets_from_utf16(u"^{}\\[~]|\f"),
            "\x1B\x14\x1B\x28\x1B\x29\x1B\x2F\x1B\x3C\x1B\x3D\x1B\x3E\x1B\x40\x1B\x0A"s);
  EXPECT_EQ(utf16_from_septets("\x1B\x65\x1B\x14"s), u"€^");
}

TEST(Gsm, CharactersOutsideAreRefused) {
  for (std::u16string_view text : {u"ж", u"`", u"\x1B", u"\t", u"ç", u"’", u"\xD83D\xDE42"})
    EXPECT_EQ(septets_from_utf16(text), std::nullopt);
}

TEST(Gsm, DecodingIsTotal) {
  EXPECT_EQ(utf16_from_septets("\x1B"s), u" ");
  EXPECT_EQ(utf16_from_septets("\x1B\x1B\x65"s), u" €");
  EXPECT_EQ(utf16_from_septets("\x1B"s + "a"), u"a");
  EXPECT_EQ(utf16_from_septets("\xC0"), u"\xFFFD");
}

TEST(Gsm, PackingKnownVectors) {
  // The example of every SMS text book: "hellohello" in 9 octets.
  EXPECT_EQ(pack_septets("hellohello"), "\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37"s);
  EXPECT_EQ(unpack_septets("\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37"s, 10), "hellohello");
  EXPECT_EQ(pack_septets(""), "");
  EXPECT_EQ(pack_septets("A"), "A");
  EXPECT_EQ(pack_septets("A", 1), "\x82");
}

TEST(Gsm, PackingRoundTripsEveryLengthAndFill) {
  std::string septets;
  for (int length = 0; length <= 160; ++length) {
    for (unsigned fill = 0; fill < 7; ++fill) {
      const std::string packed = pack_septets(septets, fill);
      EXPECT_EQ(packed.size(), septets.empty() ? 0 : (septets.size() * 7 + fill + 7) / 8);
      EXPECT_EQ(unpack_septets(packed, septets.size(), fill), septets);
    }
    septets += static_cast<char>((length * 37 + 5) & 0x7F);
  }
}

TEST(Gsm, UnpackingStopsWhereTheOctetsEnd) {
  EXPECT_EQ(unpack_septets("", 5), "");
  EXPECT_EQ(unpack_septets("A", 100), "A");
  EXPECT_EQ(unpack_septets("A", 100, 6), "");
}

}  // namespace
}  // namespace vestnik::sms::text
