#include "users/email_address.h"

#include <gtest/gtest.h>

namespace vestnik::users {
namespace {

std::string address_of(std::string_view text) {
  const auto result = parse_email_address(text);
  return result ? result->address : "";
}
std::string key_of(std::string_view text) {
  const auto result = parse_email_address(text);
  return result ? result->key : "";
}
EmailFault email_fault_of(std::string_view text) {
  const auto result = parse_email_address(text);
  EXPECT_FALSE(result) << text;
  return result ? EmailFault{-1} : result.error().kind;
}

TEST(EmailAddress, OrdinaryOnesAreTakenAsWritten) {
  for (const char* text :
       {"anna@example.org", "Anna.K+tag@example.org", "a@b.co", "!#$%&'*+-/=?^_`{|}~@example.org",
        "root@localhost", "x@mail-1.example.org", "x@123.example.org", "x@example.org1"})
    EXPECT_EQ(address_of(text), text);
}

TEST(EmailAddress, QuotedLocalParts) {
  for (const char* text : {R"("a b"@example.org)", R"("a@b"@example.org)", R"("a\"b\\"@example.org)",
                           R"(""@example.org)", R"("..a"@example.org)"})
    EXPECT_EQ(address_of(text), text);
  for (const char* text : {R"("a@example.org)", R"("a"b@example.org)", R"(a"b"@example.org)",
                           R"("a\"@example.org)", R"("a" @example.org)", "\"a\\\xC3\xA9\"@example.org"})
    EXPECT_FALSE(parse_email_address(text)) << text;
}

TEST(EmailAddress, InternationalOnes) {
  EXPECT_EQ(address_of("анна@пример.рф"), "анна@xn--e1afmkfd.xn--p1ai");
  EXPECT_EQ(address_of("anna@Bücher.example"), "anna@xn--bcher-kva.example");
  EXPECT_EQ(address_of("anna@xn--bcher-kva.example"), "anna@xn--bcher-kva.example");
  EXPECT_EQ(email_fault_of("anna@xn--a.example"), EmailFault::domain);  // not Punycode of anything
  EXPECT_EQ(email_fault_of("anna@exa\u00ADmple..org"), EmailFault::domain);
}

TEST(EmailAddress, TheKeyIsTheSameForTheSameUser) {
  EXPECT_EQ(key_of("Anna@Example.ORG"), "anna@example.org");
  EXPECT_EQ(key_of("АННА@ПРИМЕР.РФ"), key_of("анна@пример.рф"));
  EXPECT_EQ(key_of("Stra\u00DFe@example.org"), key_of("STRASSE@example.org"));
  EXPECT_EQ(key_of("e\u0301@example.org"), key_of("\u00C9@example.org"));  // composed or not
  EXPECT_EQ(key_of(R"("anna"@example.org)"), key_of("anna@example.org"));
  EXPECT_NE(key_of("anna+1@example.org"), key_of("anna@example.org"));
}

TEST(EmailAddress, Lengths) {
  const std::string at_host = "@example.org";
  EXPECT_TRUE(parse_email_address(std::string(64, 'a') + at_host));
  EXPECT_EQ(email_fault_of(std::string(65, 'a') + at_host), EmailFault::too_long);
  std::string utf8;
  for (int i = 0; i < 32; ++i) utf8 += "я";
  EXPECT_TRUE(parse_email_address(utf8 + at_host));
  EXPECT_EQ(email_fault_of(utf8 + "я" + at_host), EmailFault::too_long);

  EXPECT_TRUE(parse_email_address("a@" + std::string(63, 'b') + ".org"));
  EXPECT_EQ(email_fault_of("a@" + std::string(64, 'b') + ".org"), EmailFault::domain);

  const std::string label(62, 'b');
  const std::string domain = label + "." + label + "." + label + ".";  // 189
  const std::string local(63, 'a');
  EXPECT_TRUE(parse_email_address(local + "@" + domain + "c"));  // 254
  EXPECT_EQ(email_fault_of(local + "@" + domain + "cc"), EmailFault::too_long);
  EXPECT_EQ(email_fault_of(std::string(100'000, 'a')), EmailFault::too_long);
}

TEST(EmailAddress, WhatIsNotOne) {
  for (const char* text : {"",
                           "@",
                           "a",
                           "a@",
                           "@b.org",
                           "a@b@c.org",
                           "a b@c.org",
                           " a@b.org",
                           "a@b.org ",
                           ".a@b.org",
                           "a.@b.org",
                           "a..b@c.org",
                           "a@.org",
                           "a@b..org",
                           "a@b.org.",
                           "a@-b.org",
                           "a@b-.org",
                           "a@b_c.org",
                           "a@[127.0.0.1]",
                           "a@[IPv6:::1]",
                           "a@127.0.0.1",
                           "(c)a@b.org",
                           "<a@b.org>",
                           "Anna <a@b.org>",
                           "a,b@c.org",
                           "a@b,c.org"})
    EXPECT_FALSE(parse_email_address(text)) << text;
}

TEST(EmailAddress, ControlCharactersAndBrokenUtf8) {
  for (std::string_view text : {std::string_view("a\r\nb@c.org"), std::string_view("a\0b@c.org", 9),
                                std::string_view("\"a\tb\"@c.org"), std::string_view("a@b.org\n"),
                                std::string_view("a\x7F@b.org"), std::string_view("a\xC2\x85@b.org"),
                                std::string_view("a\xE2\x80\xA8@b.org"), std::string_view("a\xFF@b.org"),
                                std::string_view("a\xC3@b.org"), std::string_view("a\xED\xA0\x80@b.org")})
    EXPECT_EQ(email_fault_of(text), EmailFault::control_character);
}

}  // namespace
}  // namespace vestnik::users
