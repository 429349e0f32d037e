#include "sms/sender.h"

#include <gtest/gtest.h>

namespace vestnik::sms {
namespace {

using smpp::Address;

TEST(Sender, TheFormDecidesTheTypeOfNumber) {
  const smpp::SmppUrl url;
  EXPECT_EQ(sender_address("Vestnik", url).value(), (Address{5, 0, "Vestnik"}));
  EXPECT_EQ(sender_address("Vestnik Ltd", url).value(), (Address{5, 0, "Vestnik Ltd"}));
  EXPECT_EQ(sender_address("+79161234567", url).value(), (Address{1, 1, "79161234567"}));
  EXPECT_EQ(sender_address("79161234567", url).value(), (Address{1, 1, "79161234567"}));
  EXPECT_EQ(sender_address("12345", url).value(), (Address{3, 0, "12345"}));
  EXPECT_EQ(sender_address("+12345", url).value(), (Address{1, 1, "12345"}));
}

TEST(Sender, TheUrlWins) {
  const smpp::SmppUrl url{.source_ton = 0, .source_npi = 9};
  EXPECT_EQ(sender_address("Vestnik", url).value(), (Address{0, 9, "Vestnik"}));
}

TEST(Sender, WhatNoPeerWouldTakeIsRefused) {
  const smpp::SmppUrl url;
  EXPECT_EQ(sender_address("", url).error().kind, SenderError::empty);
  EXPECT_EQ(sender_address("TwelveLetter", url).error().kind, SenderError::length);
  EXPECT_EQ(sender_address("1234567890123456", url).error().kind, SenderError::length);
  EXPECT_EQ(sender_address("Вестник", url).error().kind, SenderError::characters);
  EXPECT_EQ(sender_address("a\nb", url).error().kind, SenderError::characters);
  EXPECT_EQ(sender_address("a@b", url).error().kind, SenderError::characters);
}

TEST(Sender, Destinations) {
  const smpp::SmppUrl url;
  EXPECT_EQ(destination_address("+79161234567", url), (Address{1, 1, "79161234567"}));
  for (const char* bad : {"", "+", "anna@example.org", "+7916123456789012", "+7 916"})
    EXPECT_FALSE(destination_address(bad, url)) << bad;
}

}  // namespace
}  // namespace vestnik::sms
