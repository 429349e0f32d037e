#include "email/smtp/address.h"

#include <cctype>
#include <gtest/gtest.h>
#include <idn2.h>

namespace vestnik::email::smtp {
namespace {

AddressError address_error_of(std::string_view text) {
  const auto parsed = parse_envelope_address(text);
  EXPECT_FALSE(parsed.has_value()) << text;
  return parsed ? AddressError{-1} : parsed.error().kind;
}

TEST(EnvelopeAddress, OrdinaryOnesPassUnchanged) {
  for (const char* text : {"a@b", "first.last+tag@example.org", "\"with space\"@example.org", "x@[127.0.0.1]",
                           "x@[IPv6:::1]", "no-reply@localhost", "\"a@b\"@example.org"}) {
    const auto parsed = parse_envelope_address(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->wire(), text);
    EXPECT_FALSE(parsed->needs_smtputf8());
  }
}

TEST(EnvelopeAddress, ADomainBecomesALabelsWithoutSmtputf8) {
  const auto parsed = parse_envelope_address("ivan@почта.рф");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_FALSE(parsed->needs_smtputf8());
  EXPECT_EQ(parsed->wire(), "ivan@xn--80a1acny.xn--p1ai");
}

// The short way for plain domains comes to what libidn2 comes to.
TEST(EnvelopeAddress, AnAsciiDomainIsTakenAsLibidn2DoesIt) {
  const std::string label(63, 'a');
  for (const std::string& domain :
       {std::string("b"), std::string("Example.ORG"), std::string("a-b.c-1.example"),
        std::string("a_b.example"), std::string("_dmarc.example.org"), std::string("127.0.0.1"),
        std::string("1-2"), std::string("x.y.z-9.q"), label + ".org", label + "a.org",
        label + '.' + label + '.' + label + '.' + std::string(40, 'b')}) {
    char* converted = nullptr;
    const int status = idn2_to_ascii_8z(domain.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const auto parsed = parse_envelope_address("a@" + domain);
    EXPECT_EQ(parsed.has_value(), status == IDN2_OK) << domain;
    if (parsed && status == IDN2_OK) {
      std::string expected = converted;
      for (char& c : expected) c = static_cast<char>(std::tolower(c));
      EXPECT_EQ(parsed->a_domain, expected) << domain;
    }
    idn2_free(converted);
  }
}

TEST(EnvelopeAddress, ALocalPartBeyondAsciiNeedsSmtputf8AndKeepsTheDomain) {
  const auto parsed = parse_envelope_address("иван@почта.рф");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->needs_smtputf8());
  EXPECT_EQ(parsed->wire(), "иван@почта.рф");
  EXPECT_EQ(parsed->a_domain, "xn--80a1acny.xn--p1ai");
}

TEST(EnvelopeAddress, NothingThatCouldBecomeACommandPasses) {
  using std::string_view_literals::operator""sv;
  for (const auto text :
       {"a\r\nRCPT TO:<x@y>@b"sv, "a@b\r\nDATA"sv, "a@b\n"sv, "a\0@b"sv, "a@b\0"sv, "a@b\x7f"sv,
        "\"a\r\n\"@b"sv, "a@b\u0085c"sv, "a@b>"sv, "<a@b>"sv, "a b@c"sv, "a> SIZE=1<@b"sv, "a,b@c"sv}) {
    const auto parsed = parse_envelope_address(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_TRUE(parsed.error().kind == AddressError::unsafe || parsed.error().kind == AddressError::domain)
        << text;
  }
}

TEST(EnvelopeAddress, MalformedOnesAreRefused) {
  EXPECT_EQ(address_error_of(""), AddressError::malformed);
  EXPECT_EQ(address_error_of("nobody"), AddressError::malformed);
  EXPECT_EQ(address_error_of("@example.org"), AddressError::malformed);
  EXPECT_EQ(address_error_of("a@"), AddressError::malformed);
  EXPECT_EQ(address_error_of("a\xff@example.org"), AddressError::malformed);
  EXPECT_EQ(address_error_of("a\xed\xa0\x80@example.org"), AddressError::malformed);  // a lone surrogate
  EXPECT_EQ(address_error_of("\"open@example.org"), AddressError::unsafe);
  EXPECT_EQ(address_error_of("\"a\"b\"@example.org"), AddressError::unsafe);
  EXPECT_EQ(address_error_of("\"a\\\"@example.org"), AddressError::unsafe);
  EXPECT_EQ(address_error_of("a@b@c"), AddressError::unsafe);
  EXPECT_EQ(address_error_of("a@b c"), AddressError::domain);
  EXPECT_EQ(address_error_of("a@b..c"), AddressError::domain);
  EXPECT_EQ(address_error_of("a@[127.0.0.1"), AddressError::domain);
}

TEST(EnvelopeAddress, LengthsAreBounded) {
  EXPECT_TRUE(parse_envelope_address(std::string(64, 'a') + "@b").has_value());
  EXPECT_EQ(address_error_of(std::string(65, 'a') + "@b"), AddressError::too_long);
  const std::string domain =
      std::string(60, 'a') + '.' + std::string(60, 'b') + '.' + std::string(60, 'c') + '.';
  EXPECT_TRUE(parse_envelope_address("a@" + domain + std::string(60, 'd')).has_value());
  EXPECT_EQ(address_error_of(std::string(64, 'l') + "@" + domain + std::string(60, 'd')),
            AddressError::too_long);
}

TEST(EnvelopeAddress, AnErrorDoesNotRepeatTheAddress) {
  const auto parsed = parse_envelope_address("secret person@example.org");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace vestnik::email::smtp
