#include "sms/text/utf.h"

#include <gtest/gtest.h>

namespace vestnik::sms::text {
namespace {

TEST(Utf, RoundTripsEveryLength) {
  for (const char* text : {"", "a", "é", "Привет", "漢字", "🙂🙃", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(utf8_from_utf16(utf16_from_utf8(text)), text);
  EXPECT_EQ(utf16_from_utf8("🙂"), u"\xD83D\xDE42");
}

TEST(Utf, WhatIsNoUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(utf16_from_utf8("a\x80z"), u"a\xFFFDz");
  EXPECT_EQ(utf16_from_utf8("\xC0\xAF"), u"\xFFFD\xFFFD");            // overlong
  EXPECT_EQ(utf16_from_utf8("\xED\xA0\x80"), u"\xFFFD\xFFFD\xFFFD");  // a surrogate
  EXPECT_EQ(utf16_from_utf8("\xF4\x90\x80\x80").size(), 4u);          // beyond U+10FFFF
  EXPECT_EQ(utf16_from_utf8("\xE2\x82"), u"\xFFFD");                  // cut short at the end
  EXPECT_EQ(utf16_from_utf8("\xE2\x82z"), u"\xFFFDz");                // cut short before another character
  EXPECT_EQ(utf16_from_utf8("\xF0\x9F\x99"), u"\xFFFD");
}

TEST(Utf, ALoneSurrogateBecomesAReplacementCharacter) {
  EXPECT_EQ(utf8_from_utf16(std::u16string{0xD83D}), "\xEF\xBF\xBD");
  EXPECT_EQ(utf8_from_utf16(std::u16string{0xDE42, u'a'}),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(utf8_from_utf16(std::u16string{0xD83D, 0xD83D, 0xDE42}), "\xEF\xBF\xBD🙂");
}

}  // namespace
}  // namespace vestnik::sms::text
