// The store contract: rebuilding the read side while it serves, and what an older version left. Included by
// contract_test.h.
#pragma once

#include "store/contract_inventory.h"
#include "store/contract_test.h"
#include "store/report_test_support.h"

namespace vestnik::store {

inline std::string everything_in(Timeline& timeline) {
  std::string out = shown(stats(timeline));
  for (const NotificationView& view : searched_through(timeline, {})) out += "\n" + shown(view);
  const Timestamp hour = std::chrono::floor<std::chrono::hours>(t0);
  return out + "\n" + shown(reported(timeline, {hour, hour + std::chrono::hours(2), Grain::minute}));
}

TEST_P(StoreContract, ARebuildServesTheOldUntilItIsFinished) {
  const Notification wrong = a_notification(1), right = a_notification(2), fresh = a_notification(3);
  EXPECT_EQ(rebuild_state(timeline()), RebuildState::none);
  applied(timeline(), {wrong, an_event(wrong), right, an_event(right)});
  const RebuildId rebuild = rebuild_begun(timeline());
  EXPECT_EQ(rebuild_state(timeline()), RebuildState::unfinished);
  EXPECT_TRUE(rebuilt_with(timeline(), rebuild, {right, an_event(right)}));
  EXPECT_TRUE(viewed(timeline(), wrong.id));
  applied(timeline(), {fresh, an_event(fresh)});  // goes into both
  EXPECT_EQ(listed(timeline(), 10).size(), 3u);
  EXPECT_EQ(stats(timeline()).events_accepted, 3);
  reopen();
  EXPECT_EQ(rebuild_state(timeline()), RebuildState::unfinished) << "whoever comes next sees it";
  EXPECT_TRUE(rebuild_finished(timeline(), rebuild));
  EXPECT_EQ(rebuild_state(timeline()), RebuildState::none);
  EXPECT_FALSE(viewed(timeline(), wrong.id));
  EXPECT_EQ(listed(timeline(), 10).size(), 2u);
  EXPECT_EQ(stats(timeline()).events_accepted, 2);
  EXPECT_EQ(searched_through(timeline(), {.recipient = fresh.to}).size(), 1u);

  EXPECT_TRUE(rebuild_finished(timeline(), rebuild)) << "asked again after an answer was lost";
  EXPECT_FALSE(rebuilt_with(timeline(), rebuild, {wrong}));
  EXPECT_FALSE(viewed(timeline(), wrong.id));
  shed_all(timeline());
  EXPECT_EQ(rows_of("readside_rows"), 2);
  EXPECT_EQ(rows_of("readside_events"), 2);
  EXPECT_EQ(rows_of("readside_recipients"), 2);
  EXPECT_EQ(rows_of("readside_generations"), 1);
  EXPECT_EQ(states_of(*inventory()).size(), 2u);
  applied(timeline(), {wrong});
  EXPECT_EQ(listed(timeline(), 10).size(), 3u);
}

TEST_P(StoreContract, ARebuildIsReplacedByTheNext) {
  const Notification n = a_notification(1), old = a_notification(2);
  applied(timeline(), {n});
  const RebuildId first = rebuild_begun(timeline());
  EXPECT_TRUE(rebuilt_with(timeline(), first, {old}));
  const RebuildId second = rebuild_begun(timeline());
  EXPECT_NE(first, second);
  EXPECT_FALSE(rebuilt_with(timeline(), first, {old}));
  EXPECT_FALSE(rebuild_finished(timeline(), first));
  EXPECT_TRUE(viewed(timeline(), n.id));
  EXPECT_TRUE(rebuild_finished(timeline(), second));
  EXPECT_TRUE(listed(timeline(), 10).empty());
  EXPECT_FALSE(rebuild_finished(timeline(), 4711));
  shed_all(timeline());
  EXPECT_EQ(rows_of("readside_rows"), 0);
  EXPECT_EQ(rows_of("readside_counters"), 0);
}

// More rows than one step takes.
TEST_P(StoreContract, WhatAnOlderVersionKeptIsCarriedOverWhileItServes) {
  constexpr int count = 2500;
  std::vector<Fact> facts;
  for (int i = 0; i < count; ++i) {
    const Notification n = a_notification(i);
    facts.emplace_back(an_event(n));
    facts.emplace_back(n);
    facts.emplace_back(a_step(n, StepKind::sent, 1, after(100 + i)));
  }
  OldReadSide old;
  const FactBatch batch(facts);
  for (TimelineRow row : batch.rows()) {
    row.plan->category.clear();
    row.plan->recipient.clear();
    row.plan->recipient_digest = 0;
    old.rows.push_back(std::move(row));
  }
  old.events.assign(batch.events().begin(), batch.events().end());
  reopen_with(old);
  clock().set(after(60'000));
  EXPECT_EQ(rebuild_state(timeline()), RebuildState::needed);
  EXPECT_THROW(inventory(), std::runtime_error) << "what is only half there must not be audited";
  const Notification late = a_notification(7);
  applied(timeline(), {a_step(late, StepKind::delivered, 1, after(5000))});  // it comes before its own past
  shed_all(timeline());
  EXPECT_EQ(rows_of("timeline"), 0);
  EXPECT_EQ(rows_of("timeline_events"), 0);
  EXPECT_EQ(rebuild_state(timeline()), RebuildState::needed)
      << "categories and recipients are only in the log";
  EXPECT_EQ(states_of(*inventory()).size(), static_cast<std::size_t>(count));
  const auto view = viewed(timeline(), late.id);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->state, "delivered");
  EXPECT_EQ(view->timeline.size(), 4u);
  EXPECT_EQ(view->recipient, "");
  const Stats now = stats(timeline());
  EXPECT_EQ(now.events_accepted, count);
  EXPECT_EQ(now.channels.at(Channel::email).states,
            (std::map<std::string, std::int64_t>{{"sent", count - 1}, {"delivered", 1}}));

  const RebuildId rebuild = rebuild_begun(timeline());
  facts.emplace_back(a_step(late, StepKind::delivered, 1, after(5000)));
  EXPECT_TRUE(rebuilt_with(timeline(), rebuild, facts));
  EXPECT_TRUE(rebuild_finished(timeline(), rebuild));
  EXPECT_EQ(rebuild_state(timeline()), RebuildState::none);
  shed_all(timeline());
  EXPECT_EQ(searched_through(timeline(), {.recipient = late.to}).size(), 1u);
  const std::string rebuilt = everything_in(timeline());
  TearDown();
  SetUp();
  applied(timeline(), facts);
  EXPECT_EQ(first_difference(everything_in(timeline()), rebuilt), "");
}

TEST_P(StoreContract, FactsComeAtOnceFromManySidesBesideRebuilds) {
  std::mt19937 seed(3);
  const std::vector<Fact> facts = random_facts(seed, 80, std::chrono::minutes(50));
  std::vector<std::future<void>> running;
  for (int side = 0; side < 3; ++side)
    running.push_back(std::async(std::launch::async, [&, side] {
      std::mt19937 random(side);
      std::vector<Fact> mine = facts;
      std::ranges::shuffle(mine, random);
      for (std::size_t at = 0; at < mine.size(); at += 13)
        applied(timeline(), {mine.begin() + static_cast<std::ptrdiff_t>(at),
                             mine.begin() + static_cast<std::ptrdiff_t>(std::min(at + 13, mine.size()))});
    }));
  running.push_back(std::async(std::launch::async, [&] {
    for (int round = 0; round < 3; ++round) {
      const RebuildId rebuild = rebuild_begun(timeline());
      for (std::size_t at = 0; at < facts.size(); at += 20)
        EXPECT_TRUE(
            rebuilt_with(timeline(), rebuild,
                         {facts.begin() + static_cast<std::ptrdiff_t>(at),
                          facts.begin() + static_cast<std::ptrdiff_t>(std::min(at + 20, facts.size()))}));
      EXPECT_TRUE(rebuild_finished(timeline(), rebuild));
      shed_all(timeline());
    }
  }));
  for (auto& side : running) side.get();
  const std::string beside = everything_in(timeline());
  TearDown();
  SetUp();
  applied(timeline(), facts);
  EXPECT_EQ(first_difference(everything_in(timeline()), beside), "");
}

}  // namespace vestnik::store
