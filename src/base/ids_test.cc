#include "base/ids.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

class CountingRandom final : public Random {
 public:
  std::uint64_t next() override { return ++value_ * 0x9E3779B97F4A7C15u; }

 private:
  std::uint64_t value_ = 0;
};

TEST(Uuid, TextRoundTrips) {
  const auto uuid = Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(Uuid, RefusesWhatIsNotAUuid) {
  EXPECT_FALSE(Uuid::parse(""));
  EXPECT_FALSE(Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398"));
  EXPECT_FALSE(Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398g"));
  EXPECT_FALSE(Uuid::parse("017f22e2279b0-7cc3-98c4-dc0c0c07398f"));
}

TEST(Uuid, Version7CarriesTheTimeInItsFirst48Bits) {
  CountingRandom random;
  const Uuid uuid = uuid_v7(from_unix_ms(0x017F22E279B0), random);  // RFC 9562 appendix A.6
  EXPECT_EQ(uuid.text().substr(0, 15), "017f22e2-79b0-7");
  EXPECT_EQ(uuid.bytes[8] & 0xC0, 0x80);
}

TEST(Uuid, Version7DiffersWithinOneMillisecond) {
  const Timestamp now = from_unix_ms(1);
  EXPECT_NE(uuid_v7(now, system_random()), uuid_v7(now, system_random()));
}

TEST(Uuid, Version8DependsOnEveryPartAndItsBounds) {
  const Uuid uuid = uuid_v8({"event", "user", "email", "welcome"});
  EXPECT_EQ(uuid, uuid_v8({"event", "user", "email", "welcome"}));
  EXPECT_NE(uuid, uuid_v8({"event", "user", "sms", "welcome"}));
  EXPECT_NE(uuid_v8({"ab", "c"}), uuid_v8({"a", "bc"}));
  EXPECT_EQ(uuid.bytes[6] >> 4, 8);
}

TEST(Uuid, Version8MayTakeTheTimeOfAnother) {
  const auto timed = Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  const Uuid uuid = uuid_v8(*timed, {"event", "user"});
  EXPECT_EQ(uuid.text().substr(0, 13), "017f22e2-79b0");
  EXPECT_EQ(uuid.text().substr(13), uuid_v8({"event", "user"}).text().substr(13));
  EXPECT_NE(uuid, uuid_v8(*timed, {"event", "other"}));
}

TEST(Uuid, Version7IsFoundInAnId) {
  const auto uuid = Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(uuid_v7_in("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), uuid);
  EXPECT_EQ(uuid_v7_in("user_017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), uuid);
  EXPECT_FALSE(uuid_v7_in("017f22e2-79b0-8cc3-98c4-dc0c0c07398f")) << "another version";
  EXPECT_FALSE(uuid_v7_in("017f22e2-79b0-7cc3-18c4-dc0c0c07398f")) << "another variant";
  EXPECT_FALSE(uuid_v7_in("user_017f22e2-79b0-7cc3-98c4-dc0c0c07398"));
  EXPECT_FALSE(uuid_v7_in(""));
}

}  // namespace
}  // namespace vestnik
