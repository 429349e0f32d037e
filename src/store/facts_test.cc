#include "store/facts.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "store/packed.h"
#include "store/recipient.h"

namespace vestnik::store {
namespace {

Notification planned(std::string id) {
  return Notification{.id = {std::move(id)},
                      .event_id = {"e"},
                      .event_type = "user_registered",
                      .user_id = {"u"},
                      .channel = Channel::sms,
                      .template_version = "welcome@1",
                      .category = "news",
                      .to = "+79161234567",
                      .accepted_at = from_unix_us(1),
                      .planned_at = from_unix_us(2)};
}

Step told(const Notification& n, StepKind kind, std::int64_t at) {
  return Step{.notification_id = n.id,
              .user_id = n.user_id,
              .event_id = n.event_id,
              .channel = n.channel,
              .kind = kind,
              .attempt = 1,
              .provider = "smpp",
              .answer = "ok",
              .at = from_unix_us(at)};
}

TEST(Fact, KeepsWhatATimelineNeeds) {
  const Notification n = planned("5d1c0e0a-9b1e-8a5f-8f4c-1f2e3d4c5b6a");
  const TimelineRow row = std::get<TimelineRow>(Fact(n).value);
  EXPECT_EQ(unpack_id(row.id), n.id.value);
  EXPECT_EQ(unpack_id(row.user_id), "u");
  EXPECT_EQ(unpack_id(row.event_id), "e");
  EXPECT_EQ(row.channel, Channel::sms);
  EXPECT_EQ(row.plan, (PlanFact{"user_registered", "welcome@1", from_unix_us(1), from_unix_us(2), "news",
                                "+7•••••4567", recipient_digest("+79161234567")}));

  const TimelineRow step = std::get<TimelineRow>(Fact(told(n, StepKind::sent, 9)).value);
  EXPECT_EQ(step.id, row.id);
  EXPECT_FALSE(step.plan);
  EXPECT_EQ(step.steps, (std::vector{StepFact{1, StepKind::sent, from_unix_us(9), "smpp", "ok"}}));

  const UserEvent event{
      .event_id = {"e"}, .event_type = "user_registered", .user_id = {"u"}, .accepted_at = from_unix_us(1)};
  EXPECT_EQ(std::get<AcceptedFact>(Fact(event).value),
            (AcceptedFact{pack_id("e"), "user_registered", from_unix_us(1), pack_id("u")}));
}

TEST(AcceptedFact, JoiningIsCommutativeAndIdempotent) {
  const AcceptedFact early{"id", "a", from_unix_us(1), "u"}, late{"id", "b", from_unix_us(2), "u"};
  const AcceptedFact kept_before_there_were_users{"id", "a", from_unix_us(1), ""};
  std::vector parts{early, late, kept_before_there_were_users};
  std::vector<int> order{0, 1, 2};
  do {
    AcceptedFact event = parts[order[0]];
    for (int round = 0; round < 2; ++round)
      for (const int i : order) join(event, parts[i]);
    EXPECT_EQ(event, early);
  } while (std::ranges::next_permutation(order).found);
}

TEST(FactBatch, JoinsWhatIsAboutTheSame) {
  std::vector<Fact> facts;
  // Ids short enough to lie inside their strings, and many, so that the containers grow.
  for (int i = 0; i < 200; ++i) {
    const Notification n = planned(std::to_string(i));
    facts.emplace_back(told(n, StepKind::sent, 9));
    facts.emplace_back(UserEvent{
        .event_id = {std::to_string(i % 50)}, .event_type = "first", .accepted_at = from_unix_us(1)});
  }
  for (int i = 199; i >= 0; --i) {
    const Notification n = planned(std::to_string(i));
    facts.emplace_back(n);
    facts.emplace_back(told(n, StepKind::sending, 5));
    facts.emplace_back(told(n, StepKind::sent, 9));
    facts.emplace_back(UserEvent{
        .event_id = {std::to_string(i % 50)}, .event_type = "again", .accepted_at = from_unix_us(2)});
  }
  const FactBatch batch(std::move(facts));
  ASSERT_EQ(batch.events().size(), 50U);
  EXPECT_TRUE(
      std::ranges::all_of(batch.events(), [](const auto& event) { return event.event_type == "first"; }));
  ASSERT_EQ(batch.rows().size(), 200U);
  for (int i = 0; i < 200; ++i) {
    const TimelineRow& row = batch.rows()[i];
    EXPECT_EQ(unpack_id(row.id), std::to_string(i)) << "in the order of arrival";
    EXPECT_TRUE(row.plan);
    ASSERT_EQ(row.steps.size(), 2U);
    EXPECT_EQ(row.steps[0].kind, StepKind::sending);
    EXPECT_EQ(row.steps[1].kind, StepKind::sent);
  }
  EXPECT_TRUE(FactBatch({}).rows().empty());
}

}  // namespace
}  // namespace vestnik::store
