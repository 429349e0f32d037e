#include "users/phone_number.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace vestnik::users {
namespace {

std::string e164(std::string_view text, std::string region = "") {
  return PhoneNumbers(std::move(region)).to_e164(text).value_or("");
}
PhoneFault phone_fault_of(std::string_view text) {
  const auto result = PhoneNumbers().to_e164(text);
  EXPECT_FALSE(result) << text;
  return result ? PhoneFault{-1} : result.error().kind;
}

TEST(PhoneNumber, IsStoredAsE164) {
  EXPECT_EQ(e164("+79161234567"), "+79161234567");
  EXPECT_EQ(e164("+7 (916) 123-45-67"), "+79161234567");
  EXPECT_EQ(e164("+44 20 7946 0958"), "+442079460958");
  EXPECT_EQ(e164("+1.212.555.0100"), "+12125550100");
  EXPECT_EQ(e164("+39 06 1234567"), "+39061234567");  // the zero belongs to an Italian number
}

TEST(PhoneNumber, NumbersFromExamplesAreTaken) {
  EXPECT_EQ(e164("+1234567890"), "+1234567890");
  EXPECT_EQ(e164("+79001234567"), "+79001234567");
  EXPECT_EQ(e164("+15555550100"), "+15555550100");
}

TEST(PhoneNumber, ANationalNumberNeedsARegion) {
  EXPECT_EQ(phone_fault_of("89161234567"), PhoneFault::no_country_code);
  EXPECT_EQ(e164("8 916 123-45-67", "RU"), "+79161234567");
  EXPECT_EQ(e164("+44 20 7946 0958", "RU"), "+442079460958");
  EXPECT_EQ(e164("123", "RU"), "");
  EXPECT_THROW(PhoneNumbers("XX"), std::invalid_argument);
}

TEST(PhoneNumber, WhatIsNotOne) {
  for (std::string_view text :
       {std::string_view(""), std::string_view("phone"), std::string_view("+1-800-FLOWERS"),
        std::string_view("+79161234567 ext. 5"), std::string_view("tel:+79161234567"),
        std::string_view("++79161234567"), std::string_view("+7916\r\n1234567"),
        std::string_view("+7916\0001234567", 13), std::string_view("+７9161234567"),
        std::string_view("+7;9161234567")})
    EXPECT_EQ(phone_fault_of(text), PhoneFault::not_a_number) << text;
  EXPECT_EQ(phone_fault_of(std::string(100'000, '1')), PhoneFault::not_a_number);
  EXPECT_EQ(phone_fault_of("+99912345678"), PhoneFault::unknown_country);
  EXPECT_EQ(phone_fault_of("+0123456789"), PhoneFault::unknown_country);
  for (std::string_view text :
       {"+7", "+7916", "+79161234", "+7916123456789", "+1234567890123456", "+4916479164132567"})
    EXPECT_FALSE(PhoneNumbers().to_e164(text)) << text;
}

}  // namespace
}  // namespace vestnik::users
