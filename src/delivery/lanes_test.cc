#include "delivery/lanes.h"

#include <gtest/gtest.h>
#include <map>

#include "delivery/testing.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using Why = Lanes::Why;

constexpr SteadyTime now{1h};

Held held_for(std::string to = "anna@example.org") {
  auto n = std::make_shared<Notification>();
  n->to = std::move(to);
  return {.notification = std::move(n)};
}

class LanesTest : public testing::Test {
 protected:
  Lanes lanes(std::vector<Route> routes) {
    std::vector<RoutedProvider> routed;
    providers_ = std::vector<ScriptedProvider>(routes.size());
    for (std::size_t i = 0; i < routes.size(); ++i) routed.push_back({providers_[i], routes[i]});
    return Lanes(std::move(routed));
  }
  static std::string chosen(Lanes& lanes, const Held& held) {
    const auto choice = lanes.choose(held, now);
    return choice.why == Why::chosen ? choice.lane->name() : "";
  }
  // An attempt that has got as far as the provider.
  static void send(Lane& lane, const Held& held) {
    lane.begun(held, now);
    lane.started(held);
    ASSERT_TRUE(lane.next_to_send(now));
    lane.provider().send({held.notification}, [](Outcome) {});
  }
  static void trip(Lane& lane) {
    while (!lane.breaker().failed(now)) {
    }
  }

  std::vector<ScriptedProvider> providers_;
};

TEST_F(LanesTest, TheFirstTakesAllWhileItWorks) {
  Lanes two = lanes({{.name = "first"}, {.name = "second", .priority = 2}});
  EXPECT_EQ(chosen(two, held_for()), "first");
  providers_[0].slots = 1;
  send(*two.find("first"), held_for());
  for (int ahead = 0; ahead < 2; ++ahead) two.find("first")->begun(held_for(), now);
  EXPECT_EQ(two.choose(held_for(), now).why, Why::full) << "busy is not broken: the backup is for that";
  trip(*two.find("first"));
  EXPECT_EQ(chosen(two, held_for()), "second");
}

TEST_F(LanesTest, OneThatIsAwayIsPassedOver) {
  Lanes two = lanes({{.name = "first"}, {.name = "second", .priority = 2}});
  providers_[0].slots = 0;
  providers_[0].is_well = false;
  EXPECT_EQ(chosen(two, held_for()), "second");
  providers_[1].slots = 0;
  EXPECT_EQ(two.choose(held_for(), now).why, Why::full);
}

TEST_F(LanesTest, WeightsShareAmongEquals) {
  Lanes three =
      lanes({{.name = "a", .weight = 3}, {.name = "b", .weight = 1}, {.name = "backup", .priority = 2}});
  std::map<std::string, int> times;
  for (int i = 0; i < 400; ++i) ++times[chosen(three, held_for())];
  EXPECT_EQ(times["a"], 300);
  EXPECT_EQ(times["b"], 100);
}

TEST_F(LanesTest, WhatFailedItComesLast) {
  Lanes two = lanes({{.name = "first"}, {.name = "second", .priority = 2}});
  Held held = held_for();
  held.provider = "first";
  EXPECT_TRUE(two.has_other(held, now));
  two.mark_tried(held);
  EXPECT_EQ(chosen(two, held), "second");
  held.provider = "second";
  two.mark_tried(held);
  EXPECT_FALSE(two.has_other(held, now));
  EXPECT_EQ(chosen(two, held), "first") << "all have failed it: from the start";
  trip(*two.find("second"));
  Held once = held_for();
  once.provider = "first";
  two.mark_tried(once);
  EXPECT_FALSE(two.has_other(once, now));
  EXPECT_EQ(chosen(two, once), "first") << "the other one does not work";
}

TEST_F(LanesTest, WhatHasAPartOfItKeepsIt) {
  Lanes two = lanes({{.name = "first"}, {.name = "second", .priority = 2}});
  Held held = held_for("+79161234567");
  held.provider = "second";
  held.progress = "part 1";
  EXPECT_EQ(chosen(two, held), "second");
  EXPECT_FALSE(two.has_other(held, now));
  trip(*two.find("second"));
  EXPECT_EQ(two.choose(held, now).why, Why::not_up);
  held.provider = "no longer there";
  EXPECT_EQ(chosen(two, held), "first");
}

TEST_F(LanesTest, ABrokenOneIsTriedWithOneAttemptAtATime) {
  Lanes one = lanes({{.name = "only"}});
  Lane& lane = *one.find("only");
  trip(lane);
  EXPECT_EQ(one.choose(held_for(), now).why, Why::full);
  const SteadyTime later = lane.breaker().open_until();
  EXPECT_EQ(one.choose(held_for(), later).why, Why::chosen);
  lane.begun(held_for(), now);
  EXPECT_EQ(one.choose(held_for(), later).why, Why::full);
}

TEST_F(LanesTest, ADestinationLeavesAQuarterToTheOthers) {
  Lanes one = lanes({{.name = "only"}});
  providers_[0].slots = 8;
  Lane& lane = *one.find("only");
  int sending = 0;
  for (int i = 0; i < 18; ++i) {
    ASSERT_EQ(one.choose(held_for(), now).why, Why::chosen) << i;
    lane.begun(held_for(), now);
    lane.started(held_for());
    if (auto held = lane.next_to_send(now)) {
      providers_[0].send({held->notification}, [](Outcome) {});
      ++sending;
    }
  }
  EXPECT_EQ(sending, 6) << "of 8";
  EXPECT_EQ(one.choose(held_for("boris@EXAMPLE.org"), now).why, Why::domain_full);
  EXPECT_FALSE(lane.is_stalled("example.org", now + 10s));
  EXPECT_TRUE(lane.is_stalled("example.org", now + 11s));
  EXPECT_FALSE(lane.is_stalled("example.net", now + 11s));
  ASSERT_EQ(one.choose(held_for("vera@example.net"), now).why, Why::chosen);
  lane.begun(held_for("vera@example.net"), now);
  lane.started(held_for("vera@example.net"));
  const auto next = lane.next_to_send(now);
  ASSERT_TRUE(next) << "those that wait do not stand in its way";
  EXPECT_EQ(next->notification->to, "vera@example.net");
}

TEST_F(LanesTest, BehindSlowAttemptsNothingIsBegunAhead) {
  Lanes one = lanes({{.name = "only"}});
  providers_[0].slots = 1;
  Lane& lane = *one.find("only");
  EXPECT_EQ(lane.room(now), 2u);
  Held held = held_for();
  held.sent_at = now;
  send(lane, held);
  EXPECT_EQ(lane.room(now), 2u) << "two rounds ahead";
  lane.answered(held, now + 10s);
  EXPECT_EQ(lane.room(now), 0u) << "the next must wait for its outcome to be recorded";
  lane.ended(held);
  providers_[0].open.clear();
  EXPECT_EQ(lane.room(now), 1u);
  lane.begun(held, now);
  EXPECT_EQ(lane.room(now), 0u);
}

TEST_F(LanesTest, WhatIsAheadDoesNotWaitForOutcomesToBeRecorded) {
  Lanes one = lanes({{.name = "only"}});
  providers_[0].slots = 1;
  Lane& lane = *one.find("only");
  Held held = held_for();
  held.sent_at = now;
  send(lane, held);
  lane.answered(held, now);
  providers_[0].open.clear();
  EXPECT_EQ(lane.room(now), 3u) << "two rounds, and one for what takes its place";
  EXPECT_TRUE(lane.has_room_for("example.org"));
  lane.ended(held);
  EXPECT_EQ(lane.room(now), 2u);
}

TEST_F(LanesTest, AnAnswerThatIsNotRecordedKeepsItsPlace) {
  Lanes one = lanes({{.name = "only"}});
  providers_[0].slots = 2;
  Lane& lane = *one.find("only");
  for (int i = 0; i < 4; ++i) {
    lane.begun(held_for("+7916000000" + std::to_string(i)), now);
    lane.started(held_for("+7916000000" + std::to_string(i)));
  }
  const auto send_next = [&] {
    auto held = lane.next_to_send(now);
    if (held) providers_[0].send({held->notification}, [](Outcome) {});
    return held;
  };
  const auto first = send_next();
  ASSERT_TRUE(first && send_next());
  EXPECT_FALSE(send_next());
  lane.answered(*first, now);
  providers_[0].open.pop_back();
  EXPECT_FALSE(send_next()) << "a crash now would leave three in doubt";
  lane.ended(*first);
  EXPECT_TRUE(send_next());
}

TEST_F(LanesTest, AChannelIsWellWhileOneOfItsProvidersIs) {
  Lanes two = lanes({{.name = "first"}, {.name = "second", .priority = 2}});
  providers_[0].is_well = false;
  EXPECT_TRUE(two.health("email").well);
  EXPECT_EQ(two.health("email").detail, "first is not; second is well");
  providers_[1].is_well = false;
  EXPECT_FALSE(two.health("email").well);
}

}  // namespace
}  // namespace vestnik::delivery
