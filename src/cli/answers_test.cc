#include "cli/answers.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "cli/notifications.h"

namespace vestnik::cli {
namespace {

TEST(Answers, TimesAreShort) {
  EXPECT_EQ(short_time("2026-11-23T14:17:06.012345Z"), "2026-11-23 14:17:06");
  EXPECT_EQ(short_time("2026-11-23T14:17:06.012345Z", to_milliseconds), "2026-11-23 14:17:06.012");
  EXPECT_EQ(short_time(""), "");
}

TEST(Answers, ADurationIsATimeAgo) {
  EXPECT_EQ(time_argument("2026-11-23T14:17:06Z"), "2026-11-23T14:17:06Z");
  EXPECT_EQ(time_argument("yesterday"), "yesterday");
  const auto ago = parse_rfc3339(time_argument("2h"));
  ASSERT_TRUE(ago);
  const auto age = system_clock().now() - *ago;
  EXPECT_TRUE(age >= std::chrono::hours(2) && age < std::chrono::hours(3));
}

json::object in_state(const char* state) { return {{"state", state}}; }

TEST(Answers, WhatIsFinal) {
  for (const char* state :
       {"skipped", "sent", "delivered", "bounced", "dead", "expired", "suppressed", "discarded"})
    EXPECT_TRUE(is_final(in_state(state))) << state;
  for (const char* state : {"planned", "sending", "deferred", "in_doubt", "retried", ""})
    EXPECT_FALSE(is_final(in_state(state))) << state;
}

TEST(Answers, WhatHasArrived) {
  EXPECT_TRUE(all_arrived({in_state("sent"), in_state("delivered")}));
  EXPECT_TRUE(all_arrived({in_state("sent"), in_state("skipped")}));
  EXPECT_FALSE(all_arrived({in_state("skipped")})) << "nothing was sent to anybody";
  EXPECT_FALSE(all_arrived({}));
  for (const char* state : {"planned", "dead", "bounced", "in_doubt", "expired", "suppressed"})
    EXPECT_FALSE(all_arrived({in_state("sent"), in_state(state)})) << state;
}

}  // namespace
}  // namespace vestnik::cli
