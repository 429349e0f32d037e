#include "model/notification.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

Notification sample_notification() {
  Notification n;
  n.id = {"0d8c8b5e-0000-8000-8000-000000000001"};
  n.event_id = {"e-1"};
  n.event_type = "user_registered";
  n.user_id = {"user_1"};
  n.channel = Channel::email;
  n.workflow = "user_registered";
  n.step = "welcome_email";
  n.template_version = "welcome@3f2a91c0";
  n.category = "transactional";
  n.to = "anna@example.org";
  n.subject = "Добро пожаловать";
  n.text = "Hello\n";
  n.html = "<p>Hello</p>";
  n.accepted_at = from_unix_us(1);
  n.planned_at = from_unix_us(2);
  n.send_at = from_unix_us(3);
  n.expires_at = from_unix_us(4);
  return n;
}

TEST(NotificationRecord, CarriesWhatItsCategorySays) {
  Notification n;
  n.id = {"n-1"};
  n.user_id = {"user_1"};
  n.to = "anna@example.org";
  n.attempts_max = 3;
  n.hold_in_doubt = true;
  n.recipient_limit = Limit{3, std::chrono::hours(24)};
  EXPECT_EQ(decode_notification(encode(n)).value(), n);
  n.recipient_limit->max = 0;
  EXPECT_FALSE(decode_notification(encode(n))) << "it would never be sent";
}

TEST(Notification, RoundTrips) {
  EXPECT_EQ(decode_notification(encode(sample_notification())).value(), sample_notification());
  Notification sms = sample_notification();
  sms.channel = Channel::sms;
  sms.subject.clear();
  sms.html.clear();
  sms.send_at.reset();
  sms.expires_at.reset();
  EXPECT_EQ(decode_notification(encode(sms)).value(), sms);
}

TEST(Notification, PoisonIsRefusedWithAReason) {
  Record record = encode(sample_notification());
  record.value = "{}";
  EXPECT_EQ(decode_notification(record).error().reason, "notification_id is missing");
  record.value = R"({"notification_id":"n","user_id":"u","channel":"pigeon"})";
  EXPECT_EQ(decode_notification(record).error().reason, "channel is neither email nor sms");
}

TEST(Notification, IdFollowsFromEventUserChannelAndStep) {
  const auto id = notification_id({"e"}, {"u"}, Channel::email, "welcome");
  EXPECT_EQ(id, notification_id({"e"}, {"u"}, Channel::email, "welcome"));
  EXPECT_NE(id, notification_id({"e"}, {"u"}, Channel::sms, "welcome"));
  EXPECT_NE(id, notification_id({"e"}, {"u"}, Channel::email, "reminder"));
}

TEST(NotificationRecord, ALimitWithoutItsNumbersIsPoison) {
  Notification n = sample_notification();
  n.recipient_limit = Limit{3, std::chrono::hours(24)};
  const Record record = encode(n);
  const auto limited = [&](std::string_view limit) {
    Record changed = record;
    const std::size_t at = changed.value.find(R"("recipient_limit":)") + 18;
    changed.value.replace(at, changed.value.find('}', at) + 1 - at, limit);
    return decode_notification(changed).has_value();
  };
  EXPECT_TRUE(limited(R"({"max":3,"window_ms":1000})"));
  EXPECT_TRUE(limited("null"));
  for (const char* limit : {"{}", R"({"max":3})", R"({"max":"3","window_ms":"1000"})", R"({"max":null})"})
    EXPECT_FALSE(limited(limit)) << limit;
}

TEST(NotificationRecord, ContentMayBeLeftOut) {
  Notification n = sample_notification();
  const Record record = encode(n);
  n.subject = n.text = n.html = "";
  EXPECT_EQ(decode_notification(record, Content::left_out).value(), n);
}

TEST(NotificationId, BeginsWithTheTimeOfTheEventOrElseOfTheUser) {
  const EventId event{"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
  const UserId user{"user_01900000-0000-7000-8000-000000000001"};
  const auto time_of = [](const NotificationId& id) { return id.value.substr(0, 13); };
  EXPECT_EQ(time_of(notification_id(event, user, Channel::email, "welcome")), "017f22e2-79b0");
  EXPECT_EQ(time_of(notification_id({"e"}, user, Channel::email, "welcome")), "01900000-0000");
  EXPECT_NE(notification_id(event, user, Channel::email, "welcome"),
            notification_id(event, {"user_2"}, Channel::email, "welcome"));
}

}  // namespace
}  // namespace vestnik
