#include "planning/category.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::planning {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string problem_of(const std::string& text) {
  const auto parsed = parse_categories({text});
  return parsed ? "none" : parsed.error().front().message;
}

TEST(Categories, SayHowTheirNotificationsAreDelivered) {
  const auto categories =
      parse_categories({"otp in_doubt=hold attempts=3 expires_after=5m", "marketing  limit=3/1d", "plain"})
          .value();
  EXPECT_EQ(categories.at("otp"),
            (Category{.hold_in_doubt = true, .attempts_max = 3, .expires_after = 5min}));
  EXPECT_EQ(categories.at("marketing"), (Category{.recipient_limit = Limit{3, 24h}}));
  EXPECT_EQ(categories.at("plain"), Category{});
}

TEST(Categories, WhatIsWrongIsNamed) {
  EXPECT_THAT(problem_of("otp in_doubt=maybe"), HasSubstr("\"otp\": in_doubt is hold or resend"));
  EXPECT_THAT(problem_of("otp attempts=0"), HasSubstr("attempts is a whole number"));
  EXPECT_THAT(problem_of("otp expires_after=5"), HasSubstr("expires_after is a duration"));
  EXPECT_THAT(problem_of("otp limit=3"), HasSubstr("limit is a number and a window"));
  EXPECT_THAT(problem_of("otp atempts=3"), HasSubstr("did you mean \"attempts\""));
  EXPECT_THAT(problem_of("o/tp attempts=3"), HasSubstr("a category's name"));
  EXPECT_EQ(parse_categories({"a", "a"}).error().size(), 1u);
}

}  // namespace
}  // namespace vestnik::planning
