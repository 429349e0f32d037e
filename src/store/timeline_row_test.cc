#include "store/timeline_row.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "store/packed.h"

namespace vestnik::store {
namespace {

StepFact step(StepKind kind, int attempt = 1, std::int64_t us = 0) {
  return {.attempt = attempt, .kind = kind, .at = from_unix_us(us)};
}

TEST(FurthestStep, FollowsTheOrderOfTheSeam) {
  using enum StepKind;
  const std::vector<StepFact> forward{
      step(sending, 1),  step(deferred, 1), step(in_doubt, 1),   step(sending, 2), step(deferred, 2),
      step(in_doubt, 2), step(expired, 1),  step(suppressed, 1), step(skipped, 0), step(dead, 1),
      step(dead, 2),     step(sent, 1),     step(sent, 2),       step(bounced, 1), step(delivered, 1)};
  for (std::size_t i = 0; i < forward.size(); ++i)
    for (std::size_t j = i + 1; j < forward.size(); ++j) {
      EXPECT_EQ(*furthest_step(std::vector{forward[i], forward[j]}), forward[j]) << i << " " << j;
      EXPECT_EQ(*furthest_step(std::vector{forward[j], forward[i]}), forward[j]) << i << " " << j;
    }
  EXPECT_EQ(furthest_step({}), nullptr);
  EXPECT_EQ(state_name(state_code(TimelineRow{})), "planned");
  for (const StepFact& s : forward) {
    TimelineRow row;
    row.steps = {s};
    EXPECT_EQ(state_name(state_code(row)), to_string(s.kind));
  }
}

std::string_view state_after(const std::vector<StepFact>& steps) {
  TimelineRow row;
  for (const StepFact& s : steps) join(row, {.steps = {s}});
  return state_name(state_code(row));
}

// Facts come in any order; the state they give is the same.
TEST(FurthestStep, FollowsWhatAPersonDecided) {
  using enum StepKind;
  const std::vector<std::pair<std::vector<StepFact>, StepKind>> lives{
      {{step(sending, 8, 1), step(dead, 8, 2), step(retried, 8, 3)}, retried},
      {{step(sending, 8, 1), step(dead, 8, 2), step(retried, 8, 3), step(sending, 9, 4)}, sending},
      {{step(dead, 8, 2), step(retried, 8, 3), step(sending, 9, 4), step(deferred, 9, 5)}, deferred},
      {{step(dead, 8, 2), step(retried, 8, 3), step(sending, 9, 4), step(dead, 9, 5)}, dead},
      {{step(dead, 8, 2), step(retried, 8, 3), step(dead, 9, 5), step(retried, 9, 6)}, retried},
      {{step(dead, 8, 2), step(retried, 8, 3), step(sending, 9, 4), step(sent, 9, 5)}, sent},
      {{step(in_doubt, 1, 2), step(retried, 1, 3), step(sending, 2, 4), step(in_doubt, 2, 5)}, in_doubt},
      {{step(sending, 8, 1), step(dead, 8, 2), step(discarded, 8, 3)}, discarded},
      {{step(sending, 1, 1), step(in_doubt, 1, 2), step(discarded, 1, 3)}, discarded},
      {{step(dead, 8, 2), step(retried, 8, 3), step(dead, 9, 4), step(discarded, 9, 5)}, discarded},
      {{step(sending, 1, 1), step(in_doubt, 1, 2), step(sent, 1, 3)}, sent},
      // Ended again before another attempt began: it was suppressed, or expired, meanwhile.
      {{step(dead, 8, 2), step(retried, 8, 3), step(suppressed, 8, 4)}, suppressed},
      {{step(dead, 8, 2), step(retried, 8, 3), step(expired, 8, 4)}, expired},
      // A clock that was wrong for a while doesn't bring an old end back once another attempt has begun.
      {{step(retried, 8, 3), step(dead, 8, 7), step(sending, 9, 4)}, sending},
      // The receipt of an attempt that was in doubt counts for ever.
      {{step(in_doubt, 1, 2), step(retried, 1, 3), step(delivered, 1, 4)}, delivered},
  };
  for (std::size_t i = 0; i < lives.size(); ++i) {
    std::vector<StepFact> steps = lives[i].first;
    std::ranges::sort(steps, {}, &StepFact::at);
    do EXPECT_EQ(state_after(steps), to_string(lives[i].second)) << i;
    while (std::ranges::next_permutation(steps, {}, &StepFact::at).found);
  }
}

TEST(TimelineRow, JoiningIsCommutativeAndIdempotent) {
  TimelineRow plan, replan, less, a, b, b_again;
  plan.plan = PlanFact{"e", "t", from_unix_us(1), from_unix_us(2), "c", "r", 7};
  replan.plan = PlanFact{"e", "t2", from_unix_us(1), from_unix_us(9), {}, {}, 0};
  less.plan = PlanFact{"e", "t", from_unix_us(1), from_unix_us(2), {}, {}, 0};  // as an older version kept it
  a.steps = {step(StepKind::sent, 1, 5)};
  b.steps = {step(StepKind::sending, 1, 4)};
  b_again.steps = {step(StepKind::sending, 1, 6)};
  std::vector<TimelineRow> parts{plan, replan, less, a, b, b_again};
  std::vector<int> order{0, 1, 2, 3, 4, 5};
  TimelineRow expected;
  for (const TimelineRow& part : parts) join(expected, part);
  EXPECT_EQ(expected.plan, plan.plan);
  ASSERT_EQ(expected.steps.size(), 2U);
  EXPECT_EQ(expected.steps[0].at, from_unix_us(6));
  do {
    TimelineRow row;
    for (const int i : order) join(row, parts[i]);
    for (const int i : order) join(row, parts[i]);
    EXPECT_EQ(row, expected);
  } while (std::ranges::next_permutation(order).found);
}

TEST(TimelineRow, PackedFactsComeBackWhole) {
  TimelineRow row;
  row.id = pack_id("5d1c0e0a-9b1e-8a5f-8f4c-1f2e3d4c5b6a");
  row.user_id = pack_id("user_01900000-0000-7000-8000-000000000001");
  row.event_id = pack_id("key of a client");
  row.channel = Channel::sms;
  row.plan = PlanFact{"user_registered",  "welcome@1", from_unix_us(-5), from_unix_us(7), "news",
                      "a•••@example.org", -5};
  for (const StepKind kind : all_step_kinds) row.steps.push_back(step(kind, 3, 1'800'000'000'000'000));
  row.steps[2].due_at = from_unix_us(8);
  row.steps[2].answer = std::string("a\0\xff", 3);
  row.steps[2].sandbox = true;
  EXPECT_EQ(unpack_facts(row.id, pack_facts(row)), row);
  const std::string packed = pack_facts(row);
  for (std::size_t n = 0; n < packed.size(); ++n)
    EXPECT_THROW(unpack_facts(row.id, packed.substr(0, n)), DamagedValue) << n;
}

}  // namespace
}  // namespace vestnik::store
