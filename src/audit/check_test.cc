#include "audit/check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::audit {

void PrintTo(const Difference& d, std::ostream* out) {
  *out << to_string(d.kind) << " " << d.id.text() << " " << store::to_string(d.in_ledger);
}

namespace {

using enum DifferenceKind;
using store::DeliveryState;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint16_t mail_step = 0, sms_step = 1;

Key number(std::uint8_t kind, int n) {
  Key key;
  key.bytes[0] = kind;
  key.bytes[14] = static_cast<std::uint8_t>(n >> 8);
  key.bytes[15] = static_cast<std::uint8_t>(n);
  return key;
}
Key event(int n) { return number(1, n); }
Key mail(int n) { return number(2, n); }
Key sms(int n) { return number(3, n); }

// Ten events, each with an e-mail and an SMS that are sent, all of it known to everyone.
class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    for (int n = 0; n < 10; ++n) add(n);
  }

  void add(int n) {
    const auto place = static_cast<std::uint32_t>(facts.accepted.size());
    facts.accepted.push_back({event(n), static_cast<std::uint32_t>(1000 + n), 0, true, true});
    facts.timeline_events.push_back(event(n));
    for (const Channel channel : all_channels) {
      const bool is_mail = channel == Channel::email;
      const Key id = is_mail ? mail(n) : sms(n);
      facts.expected.push_back({id, place, is_mail ? mail_step : sms_step, channel});
      facts.planned.push_back({id, event(n), channel, true, true});
      facts.ledger.push_back({id, event(n), channel, DeliveryState::sent});
      facts.timeline.push_back({id, channel, StepKind::sent});
    }
  }
  template <class Row>
  static Row& row(std::vector<Row>& rows, const Key& id) {
    return *std::ranges::find(rows, id, &Row::id);
  }
  template <class Row>
  static void remove(std::vector<Row>& rows, const Key& id) {
    ASSERT_EQ(std::erase_if(rows, [&](const Row& r) { return r.id == id; }), 1u);
  }
  Accepted& accepted(int n) { return *std::ranges::find(facts.accepted, event(n), &Accepted::event); }

  Findings found() const { return check(facts); }
  std::vector<std::pair<DifferenceKind, Key>> differences() const {
    std::vector<std::pair<DifferenceKind, Key>> list;
    for (const Difference& d : found().differences) list.emplace_back(d.kind, d.id);
    return list;
  }
  static std::pair<DifferenceKind, Key> differs(DifferenceKind kind, const Key& id) { return {kind, id}; }

  Facts facts;
};

TEST_F(CheckTest, NothingAgreesWithNothing) {
  const Findings nothing = check({});
  EXPECT_TRUE(nothing.agree());
  EXPECT_TRUE(nothing.quiet());
}

TEST_F(CheckTest, CountsWhatAgrees) {
  const Findings findings = found();
  EXPECT_THAT(findings.differences, IsEmpty());
  EXPECT_TRUE(findings.quiet());
  EXPECT_EQ(findings.accepted, 10);
  for (const Channel channel : all_channels) {
    const ChannelCounts& counts = findings.channels.at(channel);
    EXPECT_EQ(counts.planned, 10);
    EXPECT_EQ(counts.states[static_cast<std::size_t>(DeliveryState::sent)], 10);
    EXPECT_EQ(counts.on_the_way + counts.skipped, 0);
  }
}

TEST_F(CheckTest, AnEventThatNothingCameOf) {
  for (const Key& id : {mail(3), sms(3)}) {
    remove(facts.planned, id);
    remove(facts.ledger, id);
    remove(facts.timeline, id);
  }
  EXPECT_THAT(differences(), ElementsAre(differs(event_not_planned, event(3))));

  accepted(3).let_go = false;
  EXPECT_THAT(differences(), IsEmpty()) << "the planner has not come to it";
  EXPECT_EQ(found().on_the_way, 1);
  EXPECT_FALSE(found().quiet());
}

TEST_F(CheckTest, AnEventThatWasPlannedByAnotherWorkflow) {
  for (Expected& step : facts.expected)
    if (step.accepted == 3) step.id = number(9, step.step);
  EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(CheckTest, AnEventWithoutAWorkflow) {
  facts.accepted.push_back({event(50), 1000, 0, true, true});
  facts.timeline_events.push_back(event(50));
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_EQ(found().no_workflow, 1);
}

TEST_F(CheckTest, OneStepOfAnEventIsMissing) {
  remove(facts.planned, sms(3));
  remove(facts.ledger, sms(3));
  remove(facts.timeline, sms(3));
  EXPECT_THAT(differences(), ElementsAre(differs(step_not_planned, sms(3))));
  EXPECT_EQ(found().differences.front().channel, Channel::sms);

  facts.unplanned.push_back({sms(3), event(3), Channel::sms, StepKind::skipped, true});
  facts.timeline.push_back({sms(3), Channel::sms, StepKind::skipped});
  EXPECT_THAT(differences(), IsEmpty()) << "skipped is an answer";
  EXPECT_EQ(found().channels.at(Channel::sms).skipped, 1);
}

TEST_F(CheckTest, AStepThatTheWorkflowHadNotYet) {
  for (int n = 0; n < 4; ++n) {
    remove(facts.planned, sms(n));
    remove(facts.ledger, sms(n));
    remove(facts.timeline, sms(n));
  }
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_EQ(found().perhaps_unplanned, 4);

  // Another partition has come to its events later; that the step is missing there proves nothing for a
  // minute.
  for (int n = 0; n < 3; ++n) accepted(n).partition = 1;
  accepted(1).accepted_at_s = 1004 + 60;
  accepted(2).accepted_at_s = 1004 + 61;
  EXPECT_THAT(differences(), ElementsAre(differs(step_not_planned, sms(2))));
}

TEST_F(CheckTest, AnEventThatIsRepeatedIsOne) {
  facts.accepted.push_back(accepted(0));
  facts.accepted.back().let_go = false;
  for (const Key& id : {mail(0), sms(0)})
    facts.expected.push_back(
        {id, 10, id == mail(0) ? mail_step : sms_step, id == mail(0) ? Channel::email : Channel::sms});
  facts.planned.push_back(row(facts.planned, mail(0)));
  const Findings findings = found();
  EXPECT_THAT(findings.differences, IsEmpty());
  EXPECT_EQ(findings.accepted, 10);
  EXPECT_EQ(findings.events_repeated, 1);
  EXPECT_EQ(findings.plans_repeated, 1);
  EXPECT_EQ(findings.channels.at(Channel::email).planned, 10);
  EXPECT_TRUE(findings.quiet());
}

TEST_F(CheckTest, APlanWhoseEventWasNeverAccepted) {
  row(facts.planned, mail(4)).event = event(99);
  EXPECT_THAT(differences(), ElementsAre(differs(plan_without_event, mail(4))));
  facts.user_events_cut = true;
  EXPECT_THAT(differences(), IsEmpty()) << "the log may have had it";
}

TEST_F(CheckTest, APlanThatTheLedgerDoesNotHave) {
  remove(facts.ledger, mail(4));
  EXPECT_THAT(differences(), ElementsAre(differs(not_in_ledger, mail(4))));

  row(facts.planned, mail(4)).let_go = false;
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_EQ(found().channels.at(Channel::email).on_the_way, 1);
  EXPECT_FALSE(found().quiet());

  facts.planned.push_back(row(facts.planned, mail(4)));
  facts.planned.back().let_go = true;
  EXPECT_THAT(differences(), ElementsAre(differs(not_in_ledger, mail(4)))) << "one of two records was let go";
}

TEST_F(CheckTest, ADeliveryThatWasNeverPlanned) {
  facts.ledger.push_back({mail(40), event(4), Channel::email, DeliveryState::sent});
  facts.timeline.push_back({mail(40), Channel::email, StepKind::sent});
  EXPECT_THAT(differences(), ElementsAre(differs(not_in_log, mail(40))));

  facts.ledger.back().log_is_cut = true;
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_EQ(found().before_the_log, 1);
  EXPECT_EQ(found().channels.at(Channel::email).planned, 11);

  facts.timeline.pop_back();
  EXPECT_THAT(differences(), ElementsAre(differs(not_in_timeline, mail(40))));
}

TEST_F(CheckTest, WhatTheTimelineDoesNotHave) {
  remove(facts.timeline, mail(4));
  std::erase(facts.timeline_events, event(5));
  EXPECT_THAT(differences(),
              ElementsAre(differs(not_in_timeline, mail(4)), differs(event_not_in_timeline, event(5))));

  row(facts.planned, mail(4)).analysed = false;
  accepted(5).analysed = false;
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_EQ(found().behind, 2);
  EXPECT_FALSE(found().quiet());
}

TEST_F(CheckTest, ASkippedStepThatTheTimelineDoesNotHave) {
  remove(facts.planned, sms(3));
  remove(facts.ledger, sms(3));
  remove(facts.timeline, sms(3));
  facts.unplanned.push_back({sms(3), event(3), Channel::sms, StepKind::dead, true});
  EXPECT_THAT(differences(), ElementsAre(differs(not_in_timeline, sms(3))));
  EXPECT_EQ(found().channels.at(Channel::sms).not_rendered, 1);
}

TEST_F(CheckTest, ATimelineOfNothing) {
  facts.timeline.push_back({mail(77), Channel::email, StepKind::sent});
  EXPECT_THAT(differences(), ElementsAre(differs(unfounded_in_timeline, mail(77))));
  facts.notification_events_cut = true;
  EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(CheckTest, StatesThatDiffer) {
  row(facts.ledger, sms(6)).state = DeliveryState::dead;
  const Findings findings = found();
  EXPECT_THAT(findings.differences, ElementsAre(Difference{.kind = state_differs,
                                                           .id = sms(6),
                                                           .channel = Channel::sms,
                                                           .in_ledger = DeliveryState::dead,
                                                           .in_timeline = StepKind::sent}));
  EXPECT_EQ(findings.channels.at(Channel::sms).states[static_cast<std::size_t>(DeliveryState::dead)], 1);

  facts.moving = {sms(6), sms(6)};
  EXPECT_THAT(differences(), IsEmpty()) << "a step of it is under way";
  EXPECT_EQ(found().moving, 1);
  EXPECT_FALSE(found().quiet());
}

// Every state of the ledger against every state of the timeline.
TEST_F(CheckTest, OnlyStatesThatMeanTheSameAgree) {
  using S = StepKind;
  const std::map<DeliveryState, std::vector<std::optional<S>>> agreeing = {
      {DeliveryState::pending, {std::nullopt, S::deferred, S::in_doubt, S::retried}},
      {DeliveryState::sending, {S::sending, S::deferred}},
      {DeliveryState::sent, {S::sent}},
      {DeliveryState::delivered, {S::delivered}},
      {DeliveryState::bounced, {S::bounced}},
      {DeliveryState::in_doubt, {S::in_doubt}},
      {DeliveryState::dead, {S::dead}},
      {DeliveryState::expired, {S::expired}},
      {DeliveryState::suppressed, {S::suppressed}},
      {DeliveryState::discarded, {S::discarded}}};
  std::vector<std::optional<S>> all(all_step_kinds.begin(), all_step_kinds.end());
  all.emplace_back();
  for (const auto& [state, good] : agreeing)
    for (const auto& shown : all) {
      row(facts.ledger, mail(1)).state = state;
      row(facts.timeline, mail(1)).state = shown;
      EXPECT_EQ(found().agree(), std::ranges::count(good, shown) == 1)
          << store::to_string(state) << " and " << (shown ? to_string(*shown) : "planned");
    }
}

TEST_F(CheckTest, OnlyWhatDiffersTwiceLasts) {
  const Difference one{.kind = not_in_ledger, .id = mail(1)}, two{.kind = not_in_ledger, .id = mail(2)},
      other{.kind = state_differs, .id = mail(2)};
  EXPECT_THAT(lasting({one, two}, {two, other}), ElementsAre(two));
  EXPECT_THAT(lasting({}, {two}), IsEmpty());
}

TEST(Ids, GiveBackTheTextTheyWereMadeFrom) {
  Ids ids;
  for (const std::string text :
       {"01900000-0000-7000-8000-00000000000a", "01900000-0000-7000-8000-00000000000A", "order 17", "",
        "01900000-0000-7000-8000-00000000000"}) {
    const Key key = ids.key(text);
    EXPECT_EQ(ids.key(text), key);
    EXPECT_EQ(ids.text(key), text);
  }
  EXPECT_NE(ids.key("order 17"), ids.key("order 18"));
}

}  // namespace
}  // namespace vestnik::audit
