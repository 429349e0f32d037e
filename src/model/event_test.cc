#include "model/event.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

UserEvent sample_event() {
  return {.event_id = {"e-1"},
          .event_type = "user_registered",
          .user_id = {"user_1"},
          .email = "anna@example.org",
          .phone = "+79161234567",
          .accepted_at = from_unix_us(1'795'443'426'012'345),
          .data = {{"name", "Анна"}},
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

TEST(UserEvent, RoundTrips) {
  const Record record = encode(sample_event());
  EXPECT_EQ(record.key, "user_1");
  EXPECT_EQ(record.header("ce_type"), "user_registered");
  EXPECT_EQ(decode_user_event(record).value(), sample_event());
}

TEST(UserEvent, PoisonIsRefusedWithAReason) {
  Record record = encode(sample_event());
  record.value = "not json";
  EXPECT_FALSE(decode_user_event(record));
  record = encode(sample_event());
  record.headers.clear();
  EXPECT_EQ(decode_user_event(record).error().reason, "header ce_id is missing");
  record = encode(sample_event());
  record.value = R"({"event_type":7,"user_id":"u","timestamp":"2026-01-01T00:00:00Z"})";
  EXPECT_EQ(decode_user_event(record).error().reason, "event_type is missing");
  record.value = R"({"event_type":"x","user_id":"u","timestamp":"yesterday"})";
  EXPECT_FALSE(decode_user_event(record));
}

TEST(RegistrationId, FollowsFromTheUserAndBeginsWithItsTime) {
  const UserId user{"user_01900000-0000-7000-8000-000000000001"};
  EXPECT_EQ(registration_id(user), registration_id(user));
  EXPECT_EQ(registration_id(user).value.substr(0, 13), "01900000-0000");
  EXPECT_NE(registration_id(user), registration_id({"user_01900000-0000-7000-8000-000000000002"}));
  EXPECT_NE(registration_id({"a"}), registration_id({"b"}));
}

}  // namespace
}  // namespace vestnik
