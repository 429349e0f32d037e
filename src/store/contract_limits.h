// Part of contract_test.h: limits counted with the attempts that begin.
#pragma once

#include <future>

#include "store/contract_test.h"
#include "store/ledger_test_support.h"

namespace vestnik::store {

using Kind = Beginning::Kind;

TEST_P(StoreContract, ALimitLetsMaxThroughAndTellsTheRestWhenToComeBack) {
  clock().set(t0);
  const std::vector<LimitUse> uses{a_use("provider/smtp", 3)};
  const auto starts = first_starts(ledger(), 0, 8, t0, uses);
  const std::vector<Beginning> answers = began(ledger(), starts);
  EXPECT_EQ(kinds_of(answers), (std::vector{Kind::begun, Kind::begun, Kind::begun, Kind::limited,
                                            Kind::limited, Kind::limited, Kind::limited, Kind::limited}));
  // All three places are free at the same time; the next three are that much later again.
  EXPECT_GT(answers[3].until, after(1000));
  EXPECT_LE(answers[3].until, after(1016));
  EXPECT_EQ(answers[5].until, answers[3].until);
  EXPECT_GT(answers[6].until, answers[3].until + std::chrono::milliseconds(1000));
  EXPECT_EQ(found(ledger(), starts[3].step.notification_id)->state, DeliveryState::pending);
  EXPECT_EQ(found(ledger(), starts[3].step.notification_id)->attempt, 0);
  EXPECT_EQ(untold(ledger()).size(), 3U) << "what did not begin tells nothing";

  reopen();
  std::vector<AttemptStart> again{starts[3], starts[4], starts[5], starts[6]};
  for (AttemptStart& s : again) s.step.at = answers[3].until - std::chrono::microseconds(1);
  EXPECT_THAT(kinds_of(began(ledger(), again)), testing::Each(Kind::limited));
  for (AttemptStart& s : again) s.step.at = answers[3].until;
  EXPECT_EQ(kinds_of(began(ledger(), again)),
            (std::vector{Kind::begun, Kind::begun, Kind::begun, Kind::limited}));
}

TEST_P(StoreContract, WhatIsRefusedIsNotCounted) {
  clock().set(t0);
  const std::vector<LimitUse> uses{a_use("k", 2)};
  const auto starts = first_starts(ledger(), 0, 3, t0, uses);
  EXPECT_EQ(kinds_of(began(ledger(), {starts[0], starts[0]})), (std::vector{Kind::begun, Kind::refused}));
  EXPECT_EQ(kinds_of(began(ledger(), {starts[0]})), std::vector{Kind::refused}) << "a call repeated";
  AttemptStart unknown = limited_start(a_notification(99), 1, t0, uses), ahead = starts[1], stale = starts[1];
  ahead.step.attempt = 2;
  stale.owner.epoch = 4;
  EXPECT_THAT(kinds_of(began(ledger(), {unknown, ahead, stale})), testing::Each(Kind::refused));
  EXPECT_EQ(kinds_of(began(ledger(), {starts[1], starts[2], starts[0]})),
            (std::vector{Kind::begun, Kind::limited, Kind::refused}))
      << "refused beats limited";
}

TEST_P(StoreContract, AllLimitsMustHaveRoomOrNoneIsCounted) {
  clock().set(t0);
  const LimitUse wide = a_use("provider/smtp", 3), narrow = a_use("recipient/1", 1, 60'000);
  const auto starts = first_starts(ledger(), 0, 5, t0, {wide, narrow});
  const std::vector<Beginning> answers = began(ledger(), starts);
  EXPECT_EQ(answers[0].kind, Kind::begun);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(answers[i].kind, Kind::limited);
    EXPECT_EQ(answers[i].limit, 1U);
    EXPECT_GT(answers[i].until, t0 + static_cast<int>(i) * std::chrono::seconds(60));
  }
  // Two places of the wide one are left: nothing was counted for those that were held back.
  std::vector<AttemptStart> others(starts.begin() + 1, starts.end());
  for (AttemptStart& s : others) s.limits = {a_use("recipient/2", 9), wide};
  const std::vector<Beginning> more = began(ledger(), others);
  EXPECT_EQ(kinds_of(more), (std::vector{Kind::begun, Kind::begun, Kind::limited, Kind::limited}));
  EXPECT_EQ(more[2].limit, 1U);
}

TEST_P(StoreContract, OneKeyTwiceInAnAttemptIsTwoUses) {
  clock().set(t0);
  const LimitUse use = a_use("k", 3);
  const auto starts = first_starts(ledger(), 0, 2, t0, {use, use});
  EXPECT_EQ(kinds_of(began(ledger(), starts)), (std::vector{Kind::begun, Kind::limited}));
  AttemptStart single = starts[1];
  single.limits.pop_back();
  EXPECT_EQ(kinds_of(began(ledger(), {single})), std::vector{Kind::begun});
}

TEST_P(StoreContract, AKeyMayHoldAnyBytes) {
  clock().set(t0);
  const auto starts = first_starts(ledger(), 0, 2, t0, {a_use(awkward_text, 1), a_use("", 1)});
  EXPECT_EQ(kinds_of(began(ledger(), starts)), (std::vector{Kind::begun, Kind::limited}));
}

TEST_P(StoreContract, AnotherLimitUnderAKeyCountsWhatWasCounted) {
  clock().set(t0);
  const auto starts = first_starts(ledger(), 0, 9, t0, {a_use("k", 4)});
  EXPECT_THAT(kinds_of(began(ledger(), {starts.begin(), starts.begin() + 4})), testing::Each(Kind::begun));
  reopen();
  AttemptStart next = starts[4];
  next.step.at = after(1);
  next.limits = {a_use("k", 5)};
  EXPECT_EQ(kinds_of(began(ledger(), {next})), std::vector{Kind::begun});
  next = starts[5];
  next.step.at = after(1500);
  next.limits = {a_use("k", 5, 2000)};
  EXPECT_EQ(kinds_of(began(ledger(), {next})), std::vector{Kind::limited})
      << "the longer window still knows them";
  next.limits = {a_use("k", 6, 2000)};
  EXPECT_EQ(kinds_of(began(ledger(), {next})), std::vector{Kind::begun});
}

TEST_P(StoreContract, AWindowLongerThanTheProcess) {
  clock().set(t0);
  const LimitUse use = a_use("recipient/1", 2, 24 * 3600 * 1000);
  const auto starts = first_starts(ledger(), 0, 6, t0, {use});
  int begun_count = 0;
  for (int hour = 0; hour < 24; ++hour) {
    std::vector<AttemptStart> all = starts;
    for (AttemptStart& s : all) s.step.at = t0 + std::chrono::hours(hour);
    for (const Kind kind : kinds_of(began(ledger(), all))) begun_count += kind == Kind::begun;
    if (hour % 6 == 0) reopen();
  }
  EXPECT_EQ(begun_count, 2);
}

TEST_P(StoreContract, AClockSetBackCountsTheFutureAsNow) {
  clock().set(t0 - std::chrono::days(2));
  const auto starts = first_starts(ledger(), 0, 4, t0, {a_use("k", 2)});
  EXPECT_EQ(kinds_of(began(ledger(), {starts[0], starts[1]})), (std::vector{Kind::begun, Kind::begun}));
  const Timestamp back = t0 - std::chrono::days(1);
  AttemptStart late = starts[2];
  late.step.at = back;
  const Beginning held = began(ledger(), {late})[0];
  EXPECT_EQ(held.kind, Kind::limited);
  EXPECT_LE(held.until, back + std::chrono::milliseconds(1017));
  reopen();
  late.step.at = back + std::chrono::milliseconds(500);
  EXPECT_EQ(began(ledger(), {late})[0].until, held.until) << "now was then, it isn't now again";
  late.step.at = held.until;
  EXPECT_EQ(kinds_of(began(ledger(), {late})), std::vector{Kind::begun});
}

TEST_P(StoreContract, AnAttemptBeginsWhenTheStoreGetsToItNotWhenItWasAsked) {
  clock().set(after(400));
  const auto starts = first_starts(ledger(), 0, 2, t0, {a_use("k", 1)});
  EXPECT_EQ(kinds_of(began(ledger(), {starts[0]})), std::vector{Kind::begun});
  EXPECT_GT(began(ledger(), {starts[1]})[0].until, after(1400));
}

// Many at once, with restarts in between: exactly `max` of each window's worth begin.
TEST_P(StoreContract, ManyAtOnceDoNotPassTogether) {
  clock().set(t0);
  constexpr int threads = 8, each = 20;
  const std::vector<LimitUse> uses{a_use("a", 50, 3'600'000), a_use("b", 40, 3'600'000)};
  int begun_count = 0, round = 0;
  for (; round < 2; ++round) {
    std::vector<std::vector<AttemptStart>> starts;
    for (int t = 0; t < threads; ++t) {
      starts.push_back(first_starts(ledger(), (round * threads + t) * each, each, t0, uses));
      if (t % 2)
        for (AttemptStart& s : starts.back()) std::ranges::reverse(s.limits);
    }
    std::vector<std::future<int>> counts;
    for (int t = 0; t < threads; ++t)
      counts.push_back(std::async(std::launch::async, [&, t] {
        int n = 0;
        for (const AttemptStart& s : starts[t]) n += kinds_of(began(ledger(), {s}))[0] == Kind::begun;
        return n;
      }));
    for (auto& count : counts) begun_count += count.get();
    EXPECT_EQ(begun_count, 40) << round;
    reopen();
  }
}

// Rows of keys that are over go, a bounded number with each call, and what still counts stays.
TEST_P(StoreContract, OldKeysAreForgotten) {
  clock().set(t0);
  std::vector<AttemptStart> starts = first_starts(ledger(), 0, 300, t0, {});
  for (int i = 0; i < 300; ++i)
    starts[i].limits = {a_use(fmt::format("recipient/{}", i), 1, i == 0 ? 86'400'000 : 1000)};
  EXPECT_THAT(kinds_of(began(ledger(), starts)), testing::Each(Kind::begun));
  EXPECT_EQ(rows_of("ledger_limits"), 300);
  clock().set(t0 + std::chrono::hours(1));
  for (int i = 300; i < 306; ++i)
    began(ledger(), first_starts(ledger(), i, 1, t0, {a_use("one", 100, 86'400'000)}));
  EXPECT_EQ(rows_of("ledger_limits"), 2);
  EXPECT_EQ(kinds_of(began(ledger(), first_starts(ledger(), 400, 1, t0, starts[0].limits))),
            std::vector{Kind::limited});
}

}  // namespace vestnik::store
