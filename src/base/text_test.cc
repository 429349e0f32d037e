#include "base/text.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

TEST(IsAscii, EveryByteCounts) {
  EXPECT_TRUE(is_ascii(""));
  std::string text(35, 'a');
  EXPECT_TRUE(is_ascii(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\x80', '\xff'}) {
      text[i] = c;
      EXPECT_FALSE(is_ascii(text)) << i;
    }
    text[i] = '\x7f';
    EXPECT_TRUE(is_ascii(text)) << i;
  }
}

TEST(PrintableUtf8, KeepsTextAndFlattensControls) {
  EXPECT_EQ(printable_utf8("250 2.0.0 Ok: принято 😀", 100), "250 2.0.0 Ok: принято 😀");
  EXPECT_EQ(printable_utf8("a\r\nb\tc\x7f", 100), "a  b c ");
}

TEST(PrintableUtf8, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(printable_utf8("\xff\xfe!", 100), "?\?!");
  EXPECT_EQ(printable_utf8("\xc0\xaf", 100), "??") << "overlong";
  EXPECT_EQ(printable_utf8("\xed\xa0\x80", 100), "???") << "surrogate";
  EXPECT_EQ(printable_utf8("\xf4\x90\x80\x80", 100), "????") << "beyond U+10FFFF";
  EXPECT_EQ(printable_utf8("\xd0", 100), "?") << "cut off";
}

TEST(PrintableUtf8, NeverCutsACharacter) {
  EXPECT_EQ(printable_utf8("aж", 2), "a");
  EXPECT_EQ(printable_utf8("aж", 3), "aж");
}

}  // namespace
}  // namespace vestnik
