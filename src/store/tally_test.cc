#include "store/tally.h"

#include <gtest/gtest.h>
#include <map>

#include "store/codes.h"

namespace vestnik::store {
namespace {

class TestNames final : public Names {
 public:
  std::map<std::string, int> numbers;

 protected:
  std::optional<int> number(NameKind kind, const std::string& text) override {
    const auto [first, end] = range_of(kind);
    const int next = first + static_cast<int>(numbers.size());
    return numbers.try_emplace(text, next).first->second;
  }
};

constexpr Timestamp now = from_unix_us(1'800'000'000'000'000);

TimelineRow planned_row() {
  TimelineRow row;
  row.plan = PlanFact{"e", "t@1", now, now + std::chrono::milliseconds(2), "c", "r", 1};
  return row;
}
StepFact step(StepKind kind, std::chrono::milliseconds later, std::string answer = {}) {
  return {.attempt = 1, .kind = kind, .at = now + later, .provider = "smtp", .answer = std::move(answer)};
}

TEST(Tally, AChangeTakesBackWhatItCountedBefore) {
  using namespace std::chrono_literals;
  TestNames names;
  Tally step_by_step(names), at_once(names);
  TimelineRow before = planned_row();
  step_by_step.row(nullptr, before);
  for (const StepFact& s : {step(StepKind::sending, 3ms), step(StepKind::deferred, 9ms, "450 4.2.1 later"),
                            step(StepKind::sent, 50ms), step(StepKind::delivered, 90ms)}) {
    TimelineRow after = before;
    join(after, {.steps = {s}});
    step_by_step.row(&before, after);
    before = after;
  }
  at_once.row(nullptr, before);
  EXPECT_EQ(step_by_step.to_write(now), at_once.to_write(now));
  EXPECT_FALSE(at_once.to_write(now).empty());
  // A plan that comes last moves every step to another group.
  Tally plan_last(names);
  TimelineRow without = before;
  without.plan.reset();
  plan_last.row(nullptr, without);
  plan_last.row(&without, before);
  EXPECT_EQ(plan_last.to_write(now), at_once.to_write(now));
}

TEST(Tally, HoursDaysAndBlocksFollowFromMinutes) {
  TestNames names;
  Tally tally(names);
  tally.row(nullptr, planned_row());
  std::map<int, std::int64_t> slots;
  for (const auto& [counter, n] : tally.to_write(now)) {
    EXPECT_EQ(n, 1);
    slots[counter.kind] = counter.slot;
  }
  const std::int64_t minute = to_unix_us(now) / 60'000'000;
  EXPECT_EQ(slots.at(kinds::of(Measure::steps, Span::minute)), minute);
  EXPECT_EQ(slots.at(kinds::of(Measure::steps, Span::hour)), minute / 60);
  EXPECT_EQ(slots.at(kinds::of(Measure::steps, Span::day)), minute / 1440);
  EXPECT_FALSE(slots.contains(kinds::of(Measure::steps, Span::block)));
  EXPECT_EQ(slots.at(kinds::of(Measure::accepted_to_planned, Span::block)), minute / 1440 / 32);
}

TEST(Tally, WhatIsPastItsHorizonIsLeftOut) {
  TestNames names;
  Tally tally(names);
  tally.row(nullptr, planned_row());
  const auto kinds_after = [&](int days) {
    std::vector<int> kinds;
    for (const auto& [counter, n] : tally.to_write(now + std::chrono::days(days)))
      kinds.push_back(counter.kind);
    return kinds;
  };
  using kinds::of;
  EXPECT_EQ(kinds_after(30),
            (std::vector{kinds::state, of(Measure::steps, Span::minute), of(Measure::steps, Span::hour),
                         of(Measure::steps, Span::day), of(Measure::accepted_to_planned, Span::hour),
                         of(Measure::accepted_to_planned, Span::day),
                         of(Measure::accepted_to_planned, Span::block)}));
  EXPECT_EQ(kinds_after(500), std::vector{kinds::state}) << "only its state counts by then";
}

TEST(Tally, AnEventCountsOnceAtItsEarliestTime) {
  TestNames names;
  Tally both(names), one(names);
  const AcceptedFact early{"id", "e", now, "u"}, late{"id", "e", now + std::chrono::hours(30), "u"};
  both.event(nullptr, late);
  both.event(&late, early);
  one.event(nullptr, early);
  EXPECT_EQ(both.to_write(now), one.to_write(now));
}

TEST(Tally, KeysTellWhatARowIsSearchedBy) {
  using namespace std::chrono_literals;
  TestNames names;
  TimelineRow row = planned_row();
  EXPECT_EQ(keys_of(row, names).state, 0);
  EXPECT_EQ(keys_of(row, names).error, no_label);
  row.steps = {step(StepKind::deferred, 9ms, "450 4.2.1 later"), step(StepKind::dead, 10ms, "550 5.1.1 no")};
  const RowKeys keys = keys_of(row, names);
  EXPECT_EQ(keys.state, 1 + code(StepKind::dead));
  EXPECT_EQ(keys.error, names.label("550 5.1.1"));
  EXPECT_EQ(keys.first_at, now);
  EXPECT_EQ(keys.group, names.group({Channel::email, "smtp", "t", "c", "e"}));
}

TEST(Counters, ErrorBucketsTellKindAndLabel) {
  for (const StepKind kind : all_step_kinds) {
    const ErrorBucket error = error_of_bucket(error_bucket(kind, 4095));
    EXPECT_EQ(error.state, 1 + code(kind));
    EXPECT_EQ(error.label, 4095);
  }
}

TEST(Counters, EveryKindIsOneOfItsOwn) {
  std::vector<int> all(kinds::all().begin(), kinds::all().end());
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::unique(all).begin(), all.end());
}

TEST(Latency, BucketsAreTenPercentWide) {
  EXPECT_EQ(latency_bucket(from_unix_us(5), from_unix_us(0)), 0);
  EXPECT_EQ(latency_bucket(from_unix_us(0), from_unix_us(1000)), 0);
  for (const std::int64_t us : {1001, 1100, 2000, 123'456, 5'000'000, 86'400'000}) {
    const double bound = latency_bound_ms(latency_bucket(from_unix_us(0), from_unix_us(us)));
    EXPECT_GE(bound * 1.0000001, us / 1000.0);
    EXPECT_LE(bound, us / 1000.0 * 1.1 + 1e-6);
  }
  EXPECT_EQ(latency_bound_ms(latency_bucket(from_unix_us(0), from_unix_us(INT64_MAX))),
            latency_bound_ms(260));
}

}  // namespace
}  // namespace vestnik::store
