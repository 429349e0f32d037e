#include "store/error_label.h"

#include <gtest/gtest.h>

namespace vestnik::store {
namespace {

TEST(ErrorLabel, IsTheProtocolsOwnCodeWhereThereIsOne) {
  EXPECT_EQ(error_label("550 5.1.1 <anna@example.org>: no such user (RCPT TO, 3 ms)"), "550 5.1.1");
  EXPECT_EQ(error_label("450 greylisted, try again in 300 seconds"), "450");
  EXPECT_EQ(error_label("421"), "421");
  EXPECT_EQ(error_label("421-4.7.0 slow down"), "421 4.7.0");
  EXPECT_EQ(error_label("  554 5.7.1"), "554 5.7.1");
  EXPECT_EQ(error_label("0x0000000B ESME_RINVDSTADR"), "0x0000000b");
  EXPECT_EQ(error_label("stat:UNDELIV err:001"), "stat:UNDELIV err:001");
}

TEST(ErrorLabel, MasksWhatDiffersFromOneRecipientToTheNext) {
  EXPECT_EQ(error_label("the user has no phone number"), "the user has no phone number");
  EXPECT_EQ(error_label("no answer from 10.1.2.3 within 30 s"), "no answer from # within # s");
  EXPECT_EQ(error_label("mail to <anna@example.org> looped"), "mail to …@… looped");
  EXPECT_EQ(error_label("template welcome@3f2a: no value for \"first name\""),
            "template …@… no value for \"…\"");
  EXPECT_EQ(error_label("can't be 'read now'"), "can't be \"…\"");
  EXPECT_EQ(error_label("12345678 is not known"), "# is not known");
  EXPECT_EQ(error_label("0xZZ"), "#");
  EXPECT_EQ(error_label("two\r\n lines"), "two lines");
}

TEST(ErrorLabel, IsBoundedWholeAndNeverEmpty) {
  EXPECT_EQ(error_label(""), "no reason given");
  EXPECT_EQ(error_label(" \n"), "no reason given");
  EXPECT_EQ(error_label("\""), "\"");
  const std::string long_word(5000, 'x');
  EXPECT_EQ(error_label(long_word).size(), 80u);
  std::string cyrillic;
  for (int i = 0; i < 100; ++i) cyrillic += "ж";
  EXPECT_EQ(error_label("a" + cyrillic).size(), 79u);
  EXPECT_EQ(error_label("\xff\xfe"), "??");
  for (int c = 0; c < 256; ++c) EXPECT_FALSE(error_label(std::string(3, static_cast<char>(c))).empty()) << c;
}

}  // namespace
}  // namespace vestnik::store
