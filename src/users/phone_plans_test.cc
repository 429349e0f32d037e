#include "users/phone_plans.h"

#include <gtest/gtest.h>
#include <random>
#include <set>

namespace vestnik::users {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

class PhonePlansTest : public ::testing::Test {
 protected:
  // What the library says of a number that it does not change; nullopt: it changes or refuses it.
  std::optional<PhoneNumberUtil::ValidationResult> of_library(const std::string& text) const {
    PhoneNumber number;
    if (library.Parse(text, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR) return std::nullopt;
    std::string e164;
    library.Format(number, PhoneNumberUtil::E164, &e164);
    if (e164 != text) return std::nullopt;
    return library.IsPossibleNumberWithReason(number);
  }

  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  const PhonePlans plans{library};
};

TEST_F(PhonePlansTest, SaysWhatTheLibrarySaysOrNothing) {
  std::set<int> calling_codes;
  library.GetSupportedCallingCodes(&calling_codes);
  std::mt19937 random(20261125);  // NOLINT: the same numbers each time
  int said = 0, all = 0;
  for (const int calling_code : calling_codes) {
    for (int first = 0; first < 1000; first += 7) {  // every beginning is tried by some code of each kind
      for (const std::size_t length : {4U, 6U, 7U, 8U, 9U, 10U, 11U}) {
        std::string national = std::to_string(1000 + first).substr(1);
        while (national.size() < length) national += static_cast<char>('0' + random() % 10);
        const std::string text = "+" + std::to_string(calling_code) + national;
        const auto possible = plans.of(text);
        ++all;
        if (!possible) continue;
        ++said;
        ASSERT_EQ(possible, of_library(text)) << text;
      }
    }
  }
  EXPECT_GT(said, all / 2) << "it saves the library's work for most numbers";
}

TEST_F(PhonePlansTest, LeavesToTheLibraryWhatTakesMoreThanDigits) {
  for (const char* text :
       {"", "+", "+7", "+79", "79161234567", "+7 9161234567", "+7916123456a", "+0123456789", "+2101234567",
        "+490151234567", "+78001234567", "+12125550100123456"})
    if (const auto possible = plans.of(text)) {
      EXPECT_EQ(possible, of_library(text)) << text;
    }
  EXPECT_FALSE(plans.of("+490151234567")) << "the 0 is a national prefix, which is cut off";
  EXPECT_FALSE(plans.of("+788001234567")) << "and so may this 8 be";
  EXPECT_TRUE(plans.of("+4915112345678"));
}

}  // namespace
}  // namespace vestnik::users
