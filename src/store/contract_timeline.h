// Part of contract_test.h: the read side.
#pragma once

#include <algorithm>
#include <numeric>
#include <random>

#include "store/contract_test.h"

namespace vestnik::store {

TEST_P(StoreContract, ATimelineTellsTheWholeStory) {
  const Notification n = a_notification(1);
  Step later = a_step(n, StepKind::deferred, 1, after(20));
  later.due_at = after(5000);
  applied(timeline(), {an_event(n), n, a_step(n, StepKind::sending, 1, after(10)), later});
  applied(timeline(),
          {a_step(n, StepKind::sending, 2, after(5001)), a_step(n, StepKind::sent, 2, after(5040)),
           a_step(n, StepKind::delivered, 2, after(9000))});
  reopen();
  const auto view = viewed(timeline(), n.id);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->state, "delivered");
  EXPECT_EQ(view->user_id, n.user_id);
  EXPECT_EQ(view->event_id, n.event_id);
  EXPECT_EQ(view->event_type, "user_registered");
  EXPECT_EQ(view->template_version, n.template_version);
  EXPECT_EQ(view->attempt, 2);
  EXPECT_EQ(view->provider, "smtp");
  EXPECT_FALSE(view->sandbox);
  EXPECT_EQ(view->accepted_at, n.accepted_at);
  EXPECT_EQ(view->updated_at, after(9000));
  std::vector<std::string> what;
  for (const TimelineEntry& entry : view->timeline) what.push_back(entry.what);
  EXPECT_THAT(what, testing::ElementsAre("accepted", "planned", "sending", "deferred", "sending", "sent",
                                         "delivered"));
  EXPECT_EQ(view->timeline[3].due_at, after(5000));
  EXPECT_EQ(view->timeline[3].answer, awkward_text);
  EXPECT_EQ(view->timeline[4].attempt, 2);
  EXPECT_FALSE(viewed(timeline(), {"unknown"}));
}

TEST_P(StoreContract, ASkippedNotificationTakesItsEventFromTheEvent) {
  const Notification n = a_notification(1, Channel::sms);
  Step skipped = a_step(n, StepKind::skipped, 0, after(3));
  skipped.provider = "";
  applied(timeline(), {skipped});
  EXPECT_EQ(viewed(timeline(), n.id)->timeline.size(), 1U);
  applied(timeline(), {an_event(n)});
  const auto view = viewed(timeline(), n.id);
  EXPECT_EQ(view->state, "skipped");
  EXPECT_EQ(view->event_type, "user_registered");
  EXPECT_EQ(view->accepted_at, n.accepted_at);
  ASSERT_EQ(view->timeline.size(), 2U);
  EXPECT_EQ(view->timeline[0].what, "accepted");
  EXPECT_EQ(listed(timeline(), 1)[0].event_type, "user_registered");
}

TEST_P(StoreContract, SandboxIsMarked) {
  const Notification n = a_notification(1);
  Step step = a_step(n, StepKind::sent, 1, after(10));
  step.sandbox = true;
  applied(timeline(), {n, step});
  EXPECT_TRUE(viewed(timeline(), n.id)->sandbox);
  EXPECT_TRUE(listed(timeline(), 1)[0].sandbox);
  EXPECT_EQ(stats(timeline()).channels[Channel::email].sandboxed, 1);
}

TEST_P(StoreContract, FactsInAnyOrderAndRepeatedGiveTheSame) {
  std::vector<Fact> facts;
  std::vector<NotificationId> ids;
  for (int i = 0; i < 24; ++i) {
    const Notification n = a_notification(i, i % 3 == 0 ? Channel::sms : Channel::email);
    ids.push_back(n.id);
    facts.push_back(an_event(n));
    facts.push_back(n);
    facts.push_back(a_step(n, StepKind::sending, 1, after(100)));
    if (i % 2) {
      facts.push_back(a_step(n, StepKind::in_doubt, 1, after(200)));
      facts.push_back(a_step(n, StepKind::sending, 2, after(300)));
    }
    if (i % 4 > 1) facts.push_back(a_step(n, StepKind::sent, 1 + i % 2, after(300 + 10 * i)));
    if (i % 8 == 7) facts.push_back(a_step(n, StepKind::delivered, 2, after(2000)));
    if (i % 8 == 3) facts.push_back(a_step(n, StepKind::bounced, 2, after(2000)));
    // The same attempt told again after it was given back.
    if (i % 5 == 0) facts.push_back(a_step(n, StepKind::sending, 1, after(50)));
  }
  applied(timeline(), facts);
  const auto everything = [&] {
    std::string out = shown(stats(timeline()));
    for (const NotificationId& id : ids)
      out += "\n" + shown(viewed(timeline(), id).value_or(NotificationView{}));
    for (const NotificationView& view : listed(timeline(), 100)) out += "\n" + shown(view);
    return out;
  };
  const std::string expected = everything();
  applied(timeline(), facts);
  EXPECT_EQ(everything(), expected) << "repeated";

  std::mt19937 random(7);
  for (int round = 0; round < 3; ++round) {
    TearDown();
    SetUp();
    std::ranges::shuffle(facts, random);
    for (std::size_t at = 0; at < facts.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random() % 30, facts.size() - at);
      applied(timeline(), {facts.begin() + at, facts.begin() + at + n});
      if (random() % 2) applied(timeline(), {facts.begin() + random() % (at + 1), facts.begin() + at + n});
      at += n;
    }
    EXPECT_EQ(everything(), expected) << "round " << round;
  }
}

TEST_P(StoreContract, ListingsAreNewestFirst) {
  std::vector<Fact> facts;
  for (int i = 0; i < 300; ++i) {
    Notification n = a_notification(i);
    if (i % 2) n.user_id = {"user_odd"};
    n.accepted_at = after(1000 * ((i * 7) % 300));
    n.planned_at = n.accepted_at;
    facts.push_back(n);
  }
  applied(timeline(), facts);
  const auto all = listed(timeline(), 1000);
  ASSERT_EQ(all.size(), 300U);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(all[i].accepted_at, after(1000 * (299 - i)));
    EXPECT_TRUE(all[i].timeline.empty());
  }
  EXPECT_EQ(listed(timeline(), 5).size(), 5U);
  EXPECT_EQ(listed(timeline(), 5)[4].id, all[4].id);
  const auto odd = listed(timeline(), 1000, {"user_odd"});
  ASSERT_EQ(odd.size(), 150U);
  EXPECT_TRUE(std::ranges::is_sorted(odd, std::greater{}, &NotificationView::accepted_at));
  EXPECT_TRUE(listed(timeline(), 10, {"user_nobody"}).empty());
  EXPECT_TRUE(listed(timeline(), 0).empty());
}

TEST_P(StoreContract, StatisticsCountEveryStateOnce) {
  applied(timeline(), {});
  EXPECT_EQ(stats(timeline()).events_accepted, 0);
  EXPECT_EQ(stats(timeline()).channels.size(), 2U);
  std::vector<Fact> facts;
  for (int i = 0; i < 10; ++i) {
    facts.push_back(an_event(a_notification(i)));
    facts.push_back(a_notification(i));
    facts.push_back(a_notification(i, Channel::sms));
  }
  applied(timeline(), facts);
  Stats s = stats(timeline());
  EXPECT_EQ(s.events_accepted, 10);
  EXPECT_EQ(s.channels[Channel::email].states, (std::map<std::string, std::int64_t>{{"planned", 10}}));
  EXPECT_EQ(s.channels[Channel::sms].planned_last_minute, 10);
  EXPECT_EQ(s.channels[Channel::email].sent_last_minute, 0);
  EXPECT_EQ(s.channels[Channel::email].accepted_to_sent.count, 0);

  facts.clear();
  for (int i = 0; i < 6; ++i)
    facts.push_back(a_step(a_notification(i), StepKind::sent, 1, after(i < 5 ? 100 : 1000)));
  facts.push_back(a_step(a_notification(0), StepKind::delivered, 1, after(5100)));
  applied(timeline(), facts);
  s = stats(timeline());
  EXPECT_EQ(s.channels[Channel::email].states,
            (std::map<std::string, std::int64_t>{{"planned", 4}, {"sent", 5}, {"delivered", 1}}));
  EXPECT_EQ(s.channels[Channel::email].sent_last_minute, 6);
  const LatencySummary to_sent = s.channels[Channel::email].accepted_to_sent;
  EXPECT_EQ(to_sent.count, 6);
  EXPECT_GE(to_sent.p50_ms, 100);
  EXPECT_LE(to_sent.p50_ms, 111);
  EXPECT_GE(to_sent.p99_ms, 1000);
  EXPECT_LE(to_sent.p99_ms, 1110);
  const LatencySummary to_delivered = s.channels[Channel::email].sent_to_delivered;
  EXPECT_EQ(to_delivered.count, 1);
  EXPECT_GE(to_delivered.p90_ms, 5000);
  EXPECT_LE(to_delivered.p90_ms, 5550);

  // The windows move on; what is in each state stays.
  s = stats(timeline(), after(90'000));
  EXPECT_EQ(s.channels[Channel::email].sent_last_minute, 0);
  EXPECT_EQ(s.channels[Channel::email].accepted_to_sent.count, 6);
  s = stats(timeline(), after(2 * 3'600'000));
  EXPECT_EQ(s.channels[Channel::email].accepted_to_sent.count, 0);
  EXPECT_EQ(s.channels[Channel::email].states["sent"], 5);
  // Applying much later deletes what is past its horizon, and only that.
  applied(timeline(), {a_notification(100)}, after(30LL * 24 * 3'600'000));
  EXPECT_EQ(stats(timeline()).channels[Channel::email].states["planned"], 5);
}

TEST_P(StoreContract, FactsAppliedAtOnceFromManySides) {
  constexpr int sides = 6, count = 60;
  std::vector<std::future<void>> running;
  for (int side = 0; side < sides; ++side)
    running.push_back(std::async(std::launch::async, [&, side] {
      std::vector<int> numbers(count);
      std::iota(numbers.begin(), numbers.end(), 0);
      std::shuffle(numbers.begin(), numbers.end(), std::mt19937(side));
      std::vector<Fact> facts;
      for (const int i : numbers) {
        const Notification n = a_notification(i);
        facts.push_back(a_step(n, StepKind::sending, 1 + side, after(100)));
        facts.push_back(n);
        facts.push_back(an_event(n));
        facts.push_back(a_step(n, StepKind::sent, 1, after(100)));
        if (facts.size() > 50) applied(timeline(), std::exchange(facts, {}));
      }
      applied(timeline(), facts);
    }));
  for (auto& side : running) side.get();
  const Stats s = stats(timeline());
  EXPECT_EQ(s.events_accepted, count);
  EXPECT_EQ(s.channels.at(Channel::email).states, (std::map<std::string, std::int64_t>{{"sent", count}}));
  EXPECT_EQ(s.channels.at(Channel::email).accepted_to_sent.count, count);
  EXPECT_EQ(viewed(timeline(), a_notification(7).id)->timeline.size(), 3U + sides);
}

}  // namespace vestnik::store
