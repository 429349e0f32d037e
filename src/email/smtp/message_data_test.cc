#include "email/smtp/message_data.h"

#include <gtest/gtest.h>

namespace vestnik::email::smtp {
namespace {

TEST(MessageData, EndsWithTheDotOnALineOfItsOwn) {
  EXPECT_EQ(encode_message("").wire, ".\r\n");
  EXPECT_EQ(encode_message("a").wire, "a\r\n.\r\n");
  EXPECT_EQ(encode_message("a\r\n").wire, "a\r\n.\r\n");
}

TEST(MessageData, LeadingDotsAreDoubled) {
  EXPECT_EQ(encode_message(".\r\n..\r\na.b\r\n").wire, "..\r\n...\r\na.b\r\n.\r\n");
}

// FAULTS.md: each way to write an end of message that some server takes for one arrives as text.
TEST(MessageData, NoLineEndSmugglesAnEndOfMessage) {
  for (const std::string end :
       {"\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n.\n", "\r.\r\n", "\n.\r", "\r\n.\r\n"}) {
    const auto data = encode_message("before" + end + "MAIL FROM:<x@y>\r\n");
    EXPECT_EQ(data.wire, "before\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n");
  }
  EXPECT_EQ(encode_message("a\r\r\nb").wire, "a\r\n\r\nb\r\n.\r\n");
}

TEST(MessageData, EveryMixOfLineEndsComesOutAsCrlf) {
  EXPECT_EQ(encode_message("\n\r\na\rb\n\nc\r\r\n.").wire, "\r\n\r\na\r\nb\r\n\r\nc\r\n\r\n..\r\n.\r\n");
}

TEST(MessageData, CountsAsSizeDoes) {
  EXPECT_EQ(encode_message(".\n.\n").octets, 6U);
  EXPECT_EQ(encode_message("").octets, 0U);
  EXPECT_EQ(encode_message("ab").octets, 4U);
}

TEST(MessageData, KnowsEightBitText) {
  EXPECT_FALSE(encode_message("plain").eight_bit);
  EXPECT_TRUE(encode_message("письмо").eight_bit);
}

}  // namespace
}  // namespace vestnik::email::smtp
