#include "delivery/limits.h"

#include <gtest/gtest.h>

#include "delivery/testing.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp begin_of_test{std::chrono::hours(1)};

TEST(LimitUses, AreThoseOfProviderDestinationAndRecipientWithoutTheirAddresses) {
  ScriptedProvider provider;
  const Lane lane(
      {provider, {.name = "relay", .rate = Limit{100, 1s}, .domain_rates = {{"gmail.com", {5, 1s}}}}});
  auto n = std::make_shared<Notification>();
  n->to = "Anna@Gmail.com";
  n->category = "marketing";
  n->recipient_limit = Limit{3, 24h};
  const auto uses = limit_uses({.notification = n}, lane);
  ASSERT_EQ(uses.size(), 3u);
  EXPECT_EQ(uses[0].key, "email/relay");
  EXPECT_EQ(uses[1].limit, (Limit{5, 1100ms})) << "with what an attempt may wait after it was counted";
  EXPECT_EQ(uses[2].limit, (Limit{3, 24h + 2s}));
  for (const store::LimitUse& use : uses) {
    EXPECT_EQ(use.key.find("nna"), std::string::npos);
    EXPECT_EQ(use.key.find("mail.com"), std::string::npos);
  }
  auto other = std::make_shared<Notification>(*n);
  other->to = "boris@example.org";
  const auto others = limit_uses({.notification = other}, lane);
  ASSERT_EQ(others.size(), 2u) << "no limit for that destination";
  EXPECT_NE(others[1].key, uses[2].key);
}

TEST(UsedUp, GivesEachThatWaitsForARateAPlaceOfItsOwn) {
  UsedUp used_up;
  const std::vector<store::LimitUse> uses{{"email/relay", {10, 1s}}};
  EXPECT_FALSE(used_up.place(uses, begin_of_test));
  used_up.note(uses[0], begin_of_test + 500ms);
  EXPECT_EQ(used_up.place(uses, begin_of_test), begin_of_test + 500ms);
  EXPECT_EQ(used_up.place(uses, begin_of_test), begin_of_test + 600ms);
  EXPECT_EQ(used_up.place(uses, begin_of_test + 400ms), begin_of_test + 700ms);
  EXPECT_FALSE(used_up.place(uses, begin_of_test + 800ms)) << "the places given are over";
}

TEST(UsedUp, AQuotaGivesItsPlacesBackTogether) {
  UsedUp used_up;
  const std::vector<store::LimitUse> uses{{"email/to/x", {3, 24h}}};
  used_up.note(uses[0], begin_of_test + 2h);
  EXPECT_EQ(used_up.place(uses, begin_of_test), begin_of_test + 2h);
  EXPECT_LT(*used_up.place(uses, begin_of_test), begin_of_test + 2h + 1ms);
}

TEST(UsedUp, TheLastOfSeveralLimitsDecides) {
  UsedUp used_up;
  const store::LimitUse relay{"email/relay", {10, 1s}}, domain{"email/relay/d", {1, 1s}};
  used_up.note(relay, begin_of_test + 100ms);
  used_up.note(domain, begin_of_test + 900ms);
  EXPECT_EQ(used_up.place({relay, domain}, begin_of_test), begin_of_test + 900ms);
  EXPECT_EQ(used_up.place({domain}, begin_of_test), begin_of_test + 1900ms);
}

}  // namespace
}  // namespace vestnik::delivery
