#include "store/packed.h"

#include <gtest/gtest.h>
#include <limits>

namespace vestnik::store {
namespace {

TEST(PackedId, IsShortForOurIdsAndOneToOne) {
  const std::string uuid = "5d1c0e0a-9b1e-8a5f-8f4c-1f2e3d4c5b6a";
  EXPECT_EQ(pack_id(uuid).size(), 17U);
  EXPECT_EQ(pack_id("user_" + uuid).size(), 17U);
  std::string upper = uuid;
  upper[1] = 'D';
  for (const std::string& id : {uuid, "user_" + uuid, upper, "user_" + upper, std::string("user_"),
                                std::string(), std::string("a\0b", 3), uuid + " ", std::string(17, 'u')})
    EXPECT_EQ(unpack_id(pack_id(id)), id);
  EXPECT_NE(pack_id(uuid), pack_id(upper));
  EXPECT_THROW(unpack_id(""), DamagedValue);
  EXPECT_THROW(unpack_id("u123"), DamagedValue);
  EXPECT_THROW(unpack_id("?"), DamagedValue);
}

TEST(Packed, NumbersComeBack) {
  Packer out;
  for (const std::int64_t n : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                               std::int64_t{127}, std::numeric_limits<std::int64_t>::max()})
    out.integer(n);
  const std::string bytes = out.take();
  Unpacker in(bytes);
  EXPECT_EQ(in.integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.integer(), -1);
  EXPECT_EQ(in.integer(), 0);
  EXPECT_EQ(in.integer(), 127);
  EXPECT_EQ(in.integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(in.at_end());
  EXPECT_THROW(in.integer(), DamagedValue);
}

TEST(Packed, StepsAndNotificationsComeBackAndDamageIsSeen) {
  const Step step{.notification_id = {"n"},
                  .user_id = {"user_5d1c0e0a-9b1e-8a5f-8f4c-1f2e3d4c5b6a"},
                  .event_id = {std::string("\0\xff", 2)},
                  .channel = Channel::sms,
                  .kind = StepKind::in_doubt,
                  .attempt = 3,
                  .provider = "smpp",
                  .sandbox = true,
                  .answer = "0x58",
                  .at = from_unix_us(5),
                  .due_at = from_unix_us(6),
                  .traceparent = "00-…"};
  const std::string packed = pack_step(step);
  EXPECT_EQ(unpack_step(packed), step);
  for (std::size_t n = 0; n < packed.size(); ++n)
    EXPECT_THROW(unpack_step(packed.substr(0, n)), DamagedValue);

  const Notification n{.id = {"n"},
                       .event_id = {"e"},
                       .event_type = "t",
                       .user_id = {"u"},
                       .channel = Channel::sms,
                       .workflow = "w",
                       .step = "s",
                       .template_version = "v",
                       .category = "c",
                       .to = "+1",
                       .subject = "subject",
                       .text = std::string("a\0b", 3),
                       .html = "<p>",
                       .accepted_at = from_unix_us(1),
                       .planned_at = from_unix_us(2),
                       .send_at = from_unix_us(3),
                       .traceparent = "tp"};
  EXPECT_EQ(unpack_notification(pack_id("n"), pack_meta(n), pack_content(n)), n);
  const Notification without = unpack_notification(pack_id("n"), pack_meta(n), "");
  EXPECT_EQ(without.to + without.subject + without.text + without.html, "");
  EXPECT_EQ(without.category, "c");
  EXPECT_THROW(channel_of(2), DamagedValue);
  EXPECT_THROW(step_kind_of(12), DamagedValue);
  EXPECT_THROW(delivery_state_of(10), DamagedValue);
}

TEST(Packed, ANotificationKeepsWhatItsCategorySays) {
  Notification n{.id = {"n"}, .event_id = {"e"}, .user_id = {"u"}, .channel = Channel::sms};
  n.attempts_max = 8;
  n.hold_in_doubt = true;
  EXPECT_EQ(unpack_notification(pack_id("n"), pack_meta(n), {}), n);
  n.recipient_limit = Limit{3, std::chrono::hours(24)};
  n.hold_in_doubt = false;
  const std::string meta = pack_meta(n);
  EXPECT_EQ(unpack_notification(pack_id("n"), meta, {}), n);

  // Rows of before there were categories end where these members begin.
  Notification plain = n;
  plain.attempts_max = Notification{}.attempts_max;
  plain.recipient_limit.reset();
  Packer members;
  members.integer(8);
  members.integer(0);
  members.integer(3);
  members.integer(std::chrono::milliseconds(std::chrono::hours(24)).count());
  const std::string tail = members.take();
  ASSERT_TRUE(meta.ends_with(tail));
  EXPECT_EQ(unpack_notification(pack_id("n"), meta.substr(0, meta.size() - tail.size()), {}), plain);
  for (std::size_t cut = 1; cut < tail.size(); ++cut)
    EXPECT_THROW(unpack_notification(pack_id("n"), meta.substr(0, meta.size() - cut), {}), DamagedValue)
        << cut;
}

}  // namespace
}  // namespace vestnik::store
