#include "planning/text.h"

#include <gtest/gtest.h>

namespace vestnik::planning {
namespace {

TEST(Utf8, TheFirstBadByteIsNamed) {
  EXPECT_FALSE(first_invalid_utf8("plain, ключ, 鍵, 🔑"));
  EXPECT_EQ(first_invalid_utf8("ab\xFF"), 2u);
  EXPECT_EQ(first_invalid_utf8("\xC0\x80"), 0u) << "overlong";
  EXPECT_EQ(first_invalid_utf8("\xE0\x80\x80"), 0u) << "overlong";
  EXPECT_EQ(first_invalid_utf8("\xED\xA0\x80"), 0u) << "surrogate";
  EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0u) << "beyond U+10FFFF";
  EXPECT_EQ(first_invalid_utf8("a\xE2\x82"), 1u) << "cut off";
}

TEST(OneLine, KeepsNothingThatCouldEndAHeader) {
  EXPECT_EQ(one_line("Hello\r\nBcc: x@example.org"), "Hello Bcc: x@example.org");
  EXPECT_EQ(one_line(std::string_view("\0a\tb\x7f", 5)), "a b");
  EXPECT_EQ(one_line("a\xE2\x80\xA8"
                     "b\xC2\x85"
                     "c"),
            "a b c")
      << "line separator, next line";
  EXPECT_EQ(one_line("  Добро   пожаловать \n"), "Добро пожаловать");
  EXPECT_EQ(one_line(""), "");
}

TEST(WithoutControls, KeepsLineEndsAndTabs) {
  EXPECT_EQ(without_controls({"a\r\nb\tc\0\x1b[d", 10}), "a\nb\tc[d");
}

TEST(Identifier, HasAForm) {
  EXPECT_TRUE(is_identifier("user_registered"));
  EXPECT_TRUE(is_identifier("order.paid-2"));
  for (const char* text : {"", "a b", "a/b", "имя"}) EXPECT_FALSE(is_identifier(text)) << text;
  EXPECT_FALSE(is_identifier(std::string(65, 'a')));
}

}  // namespace
}  // namespace vestnik::planning
