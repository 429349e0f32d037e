#include "email/mailbox.h"

#include <gtest/gtest.h>

namespace vestnik::email {
namespace {

TEST(Mailbox, TheFormsOfASender) {
  const auto usual = parse_mailbox("Vestnik <no-reply@localhost>");
  ASSERT_TRUE(usual.has_value());
  EXPECT_EQ(usual->name, "Vestnik");
  EXPECT_EQ(usual->address, "no-reply@localhost");
  EXPECT_EQ(usual->a_domain, "localhost");
  EXPECT_EQ(parse_mailbox("a@example.org")->name, "");
  EXPECT_EQ(parse_mailbox("<a@example.org>")->address, "a@example.org");
  EXPECT_EQ(parse_mailbox("  \"News, \\\"daily\\\"\"  <a@example.org> ")->name, "News, \"daily\"");
  const auto russian = parse_mailbox("Вестник <почта@пример.рф>");
  EXPECT_EQ(russian->name, "Вестник");
  EXPECT_EQ(russian->a_domain, "xn--e1afmkfd.xn--p1ai");
}

TEST(Mailbox, WhatIsNone) {
  for (const char* text : {"", "Vestnik", "a@b c@d", "Vestnik <a@b", "a@b>", "V <>", "\"open <a@b>",
                           "a\"b <a@b>", "V <a@b> <c@d>", "V\r\nBcc: x@y <a@b>", "V <a@b\n>", "V\xff <a@b>"})
    EXPECT_FALSE(parse_mailbox(text).has_value()) << text;
}

}  // namespace
}  // namespace vestnik::email
