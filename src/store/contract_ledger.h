// Part of contract_test.h: admission, attempts, outcomes, fencing, schedule and outbox.
#pragma once

#include "store/contract_test.h"

namespace vestnik::store {

TEST_P(StoreContract, AdmissionIsIdempotentAndKeepsTheWhole) {
  Notification n = a_notification(1);
  n.expires_at = after(60'000);
  EXPECT_EQ(admitted(ledger(), {{n, owner_now}, {n, owner_now}}), (std::vector{true, false}));
  Notification other = n;
  other.text = "changed";
  EXPECT_EQ(admitted(ledger(), {{other, {3, 9}}}), std::vector{false});
  reopen();
  const auto delivery = found(ledger(), n.id);
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->notification, n);
  EXPECT_EQ(delivery->state, DeliveryState::pending);
  EXPECT_EQ(delivery->attempt, 0);
  EXPECT_EQ(delivery->due_at, t0);
  EXPECT_EQ(delivery->owner.partition, 0);
  EXPECT_EQ(delivery->owner.epoch, 5);
  EXPECT_FALSE(found(ledger(), {"unknown"}));
}

TEST_P(StoreContract, EmptyBatchesAreFine) {
  EXPECT_TRUE(admitted(ledger(), {}).empty());
  EXPECT_TRUE(begun(ledger(), {}).empty());
  EXPECT_TRUE(recorded(ledger(), {}).applied.empty());
  EXPECT_TRUE(
      get<std::vector<Step>>([&](auto done) { ledger().apply_receipts({}, std::move(done)); }).empty());
  EXPECT_TRUE(claimed(ledger(), {}).empty());
  EXPECT_TRUE(due(ledger(), {}, after(1)).empty());
  EXPECT_TRUE(untold(ledger(), {}).empty());
  ledger().told({});
}

TEST_P(StoreContract, AnAttemptBeginsOnlyFromPendingWithTheNextNumber) {
  const Notification n = a_notification(1);
  EXPECT_EQ(begun(ledger(), {start(n, 1)}), std::vector{false}) << "not admitted";
  admitted(ledger(), {{n, owner_now}});
  EXPECT_EQ(begun(ledger(), {start(n, 2)}), std::vector{false});
  EXPECT_EQ(begun(ledger(), {start(n, 0)}), std::vector{false});
  EXPECT_EQ(begun(ledger(), {start(n, 1), start(n, 1)}), (std::vector{true, false}));
  EXPECT_EQ(begun(ledger(), {start(n, 1)}), std::vector{false})
      << "a second call is not the first one's retry";
  EXPECT_EQ(begun(ledger(), {start(n, 2)}), std::vector{false}) << "not while sending";
  const auto delivery = found(ledger(), n.id);
  EXPECT_EQ(delivery->state, DeliveryState::sending);
  EXPECT_EQ(delivery->attempt, 1);
  EXPECT_EQ(delivery->provider, "smtp");
  EXPECT_EQ(delivery->notification, n);
  EXPECT_EQ(delivery->updated_at, after(10));
}

TEST_P(StoreContract, WhatIsNewBeginsWithItsAdmission) {
  const Notification n = a_notification(1), known = a_notification(2), fenced = a_notification(3);
  admitted(ledger(), {{known, owner_now}});
  claimed(ledger(), {{1, 9}});
  const std::vector<bool> begun_now =
      begun_new(ledger(), {new_attempt(n), new_attempt(known), new_attempt(fenced, {1, 8}), new_attempt(n)});
  EXPECT_EQ(found(ledger(), known.id)->state, DeliveryState::pending);
  EXPECT_FALSE(found(ledger(), fenced.id)) << "claimed with 9";
  if (!ledger().begins_new()) {
    EXPECT_EQ(begun_now, std::vector<bool>(4, false));
    EXPECT_FALSE(found(ledger(), n.id)) << "nothing changed";
    return;
  }
  EXPECT_EQ(begun_now, (std::vector{true, false, false, false}));
  reopen();
  const auto delivery = found(ledger(), n.id);
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->notification, n);
  EXPECT_EQ(delivery->state, DeliveryState::sending);
  EXPECT_EQ(delivery->attempt, 1);
  EXPECT_EQ(delivery->owner.epoch, 5);
  EXPECT_EQ(delivery->provider, "smtp");
  EXPECT_EQ(delivery->updated_at, after(10));
  EXPECT_EQ(ids_of(due(ledger(), {0}, after(1000))), std::vector{known.id});
  const std::vector<Step> steps = untold(ledger());
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].kind, StepKind::sending);
  EXPECT_EQ(begun(ledger(), {start(n, 1)}), std::vector{false});
  EXPECT_EQ(ids_of(claimed(ledger(), {{0, 6}})), std::vector{n.id}) << "open, if its owner is no more";
  EXPECT_EQ(recorded(ledger(), {sent(n, 1)}).applied, std::vector{true});
  EXPECT_EQ(found(ledger(), n.id)->notification.text, "");
}

TEST_P(StoreContract, ContentOfAnyLengthStaysUntilItIsNotNeeded) {
  for (int number = 1; const std::size_t length : {0, 1, 300, 500, 512, 600, 5'000, 200'000}) {
    Notification n = a_notification(number++);
    n.text = std::string(length, 'x');
    n.html.clear();
    admitted(ledger(), {{n, owner_now}});
    EXPECT_EQ(found(ledger(), n.id)->notification, n) << length;
    begun(ledger(), {start(n, 1)});
    recorded(ledger(), {deferred(n, 1, after(500))});
    EXPECT_EQ(found(ledger(), n.id)->notification, n) << length;
    begun(ledger(), {start(n, 2)});
    recorded(ledger(), {transition(n, 2, DeliveryState::dead, StepKind::dead)});
    EXPECT_EQ(found(ledger(), n.id)->notification, n) << length;
    get<std::vector<Amended>>([&](auto done) {
      ledger().amend({{n.id, Decision::discard, "not wanted", after(900)}}, std::move(done));
    });
    const auto discarded = found(ledger(), n.id);
    EXPECT_EQ(discarded->state, DeliveryState::discarded);
    EXPECT_EQ(discarded->notification.to + discarded->notification.text, "") << length;
  }
}

TEST_P(StoreContract, OutcomesMoveTheRowOnce) {
  const std::vector<std::pair<DeliveryState, StepKind>> ends{
      {DeliveryState::sent, StepKind::sent},
      {DeliveryState::dead, StepKind::dead},
      {DeliveryState::in_doubt, StepKind::in_doubt},
      {DeliveryState::expired, StepKind::expired},
      {DeliveryState::suppressed, StepKind::suppressed}};
  int number = 0;
  for (const auto& [state, kind] : ends) {
    const Notification n = a_notification(++number);
    admitted(ledger(), {{n, owner_now}});
    EXPECT_EQ(recorded(ledger(), {transition(n, 1, state, kind)}).applied, std::vector{false}) << "not begun";
    begun(ledger(), {start(n, 1)});
    EXPECT_EQ(recorded(ledger(), {transition(n, 2, state, kind)}).applied, std::vector{false})
        << "other attempt";
    EXPECT_EQ(recorded(ledger(), {transition(n, 1, state, kind)}).applied, std::vector{true});
    EXPECT_EQ(recorded(ledger(), {transition(n, 1, state, kind)}).applied, std::vector{false}) << "twice";
    EXPECT_EQ(begun(ledger(), {start(n, 2)}), std::vector{false});
    const auto delivery = found(ledger(), n.id);
    EXPECT_EQ(delivery->state, state);
    EXPECT_EQ(delivery->answer, awkward_text);
    EXPECT_EQ(delivery->provider, "smtp");
    EXPECT_EQ(delivery->updated_at, after(15));
    const bool content_gone =
        state == DeliveryState::sent || state == DeliveryState::expired || state == DeliveryState::suppressed;
    EXPECT_EQ(delivery->notification.text, content_gone ? "" : awkward_text) << to_string(state);
    EXPECT_EQ(delivery->notification.user_id, n.user_id);
  }
  EXPECT_TRUE(due(ledger(), {0}, after(1'000'000)).empty());
}

TEST_P(StoreContract, WhatIsNeverTriedEndsFromPending) {
  const Notification n = a_notification(1);
  admitted(ledger(), {{n, owner_now}});
  EXPECT_EQ(recorded(ledger(), {transition(n, 0, DeliveryState::suppressed, StepKind::suppressed)}).applied,
            std::vector{true});
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::suppressed);
}

TEST_P(StoreContract, ATransientAnswerIsPendingAgainLater) {
  const Notification n = a_notification(1);
  admitted(ledger(), {{n, owner_now}});
  begun(ledger(), {start(n, 1)});
  Transition later = deferred(n, 1, after(5000));
  later.progress = awkward_text;
  EXPECT_EQ(recorded(ledger(), {later}).applied, std::vector{true});
  EXPECT_TRUE(due(ledger(), {0}, after(4999)).empty());
  const Deliveries again = due(ledger(), {0}, after(5000));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].notification, n);
  EXPECT_EQ(again[0].attempt, 1);
  EXPECT_EQ(again[0].progress, awkward_text);
  EXPECT_EQ(again[0].due_at, after(5000));
  EXPECT_EQ(begun(ledger(), {start(n, 1)}), std::vector{false});
  EXPECT_EQ(begun(ledger(), {start(n, 2)}), std::vector{true});
}

TEST_P(StoreContract, AThrottledAttemptIsGivenBack) {
  const Notification n = a_notification(1);
  admitted(ledger(), {{n, owner_now}});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(begun(ledger(), {start(n, 1)}), std::vector{true});
    Transition back = deferred(n, 1, after(100));
    back.attempt_burned = false;
    EXPECT_EQ(recorded(ledger(), {back}).applied, std::vector{true});
    EXPECT_EQ(found(ledger(), n.id)->attempt, 0);
  }
  // Put off without having begun: there is nothing to give back.
  Transition put_off = deferred(n, 0, after(200));
  put_off.attempt_burned = false;
  EXPECT_EQ(recorded(ledger(), {put_off}).applied, std::vector{true});
  EXPECT_EQ(found(ledger(), n.id)->attempt, 0);
  EXPECT_EQ(found(ledger(), n.id)->due_at, after(200));
}

TEST_P(StoreContract, ABatchMayHoldOneRowSeveralTimes) {
  const Notification a = a_notification(1), b = a_notification(2);
  admitted(ledger(), {{a, owner_now}, {b, owner_now}});
  begun(ledger(), {start(a, 1), start(b, 1)});
  EXPECT_EQ(
      recorded(ledger(), {sent(a, 1), sent(b, 1), transition(a, 1, DeliveryState::dead, StepKind::dead)})
          .applied,
      (std::vector{true, true, false}));
  EXPECT_EQ(found(ledger(), a.id)->state, DeliveryState::sent);
}

TEST_P(StoreContract, AStaleEpochBeginsNothing) {
  const Notification n = a_notification(1), late = a_notification(2);
  admitted(ledger(), {{n, {0, 5}}});
  EXPECT_EQ(begun(ledger(), {start(n, 1, {0, 4})}), std::vector{false});
  EXPECT_TRUE(claimed(ledger(), {{0, 7}}).empty());
  EXPECT_EQ(begun(ledger(), {start(n, 1, {0, 5})}), std::vector{false}) << "claimed with 7 since";
  EXPECT_EQ(begun(ledger(), {start(n, 1, {0, 7})}), std::vector{true});
  const Notification pending = a_notification(3);
  admitted(ledger(), {{pending, {0, 7}}});
  const Transition stale = transition(pending, 0, DeliveryState::expired, StepKind::expired, {0, 6});
  EXPECT_EQ(recorded(ledger(), {stale}).applied, std::vector{false});
  // A row that the old owner still admits belongs to the new one.
  admitted(ledger(), {{late, {0, 5}}});
  EXPECT_EQ(begun(ledger(), {start(late, 1, {0, 5})}), std::vector{false});
  EXPECT_EQ(begun(ledger(), {start(late, 1, {0, 7})}), std::vector{true});
  EXPECT_EQ(untold(ledger()).size(), 2U) << "what changed nothing tells nothing";
}

TEST_P(StoreContract, TheOutcomeOfAnAttemptCountsWhoeverHasThePartitionNow) {
  const Notification in_time = a_notification(1), late = a_notification(2);
  admitted(ledger(), {{in_time, {0, 5}}, {late, {0, 5}}});
  begun(ledger(), {start(in_time, 1, {0, 5}), start(late, 1, {0, 5})});
  EXPECT_EQ(claimed(ledger(), {{0, 7}}).size(), 2U);
  const Transition in_doubt = transition(late, 1, DeliveryState::pending, StepKind::in_doubt, {0, 7});
  EXPECT_EQ(recorded(ledger(), {in_doubt}).applied, std::vector{true});
  const auto sent_by_old = [](const Notification& n) {
    return transition(n, 1, DeliveryState::sent, StepKind::sent, {0, 5});
  };
  EXPECT_EQ(recorded(ledger(), {sent_by_old(in_time), sent_by_old(late)}).applied,
            (std::vector{true, false}));
  EXPECT_EQ(found(ledger(), in_time.id)->state, DeliveryState::sent);
  EXPECT_EQ(found(ledger(), in_time.id)->owner.epoch, 7);
  EXPECT_EQ(found(ledger(), late.id)->state, DeliveryState::pending) << "it is in doubt already";
}

TEST_P(StoreContract, AClaimGivesTheAttemptsNobodyFinished) {
  const Notification a = a_notification(1), b = a_notification(2), c = a_notification(3),
                     d = a_notification(4);
  const Notification sms = a_notification(5, Channel::sms);
  admitted(ledger(), {{a, {0, 5}}, {b, {1, 5}}, {c, {2, 5}}, {d, {0, 5}}, {sms, {0, 5}}});
  begun(ledger(), {start(a, 1, {0, 5}), start(b, 1, {1, 5}), start(c, 1, {2, 5}), start(sms, 1, {0, 5})});
  reopen();
  const Deliveries rows = claimed(ledger(), {{0, 6}, {1, 6}});
  EXPECT_THAT(ids_of(rows), testing::UnorderedElementsAre(a.id, b.id));
  for (const Delivery& row : rows) {
    EXPECT_EQ(row.owner.epoch, 6);
    EXPECT_EQ(row.state, DeliveryState::sending);
    EXPECT_EQ(row.attempt, 1);
    EXPECT_EQ(row.notification.text, awkward_text);
  }
  const auto late = get<Ledger::Claimed>(
      [&](auto done) { ledger().claim(Channel::email, {{0, 5}, {7, 5}}, std::move(done)); });
  EXPECT_TRUE(late.open.empty()) << "a sleeper's claim";
  ASSERT_EQ(late.newer.size(), 1U);
  EXPECT_EQ(late.newer[0].partition, 0);
  EXPECT_EQ(late.newer[0].epoch, 6);
  EXPECT_EQ(claimed(ledger(), {{0, 6}}).size(), 1U) << "the same claim again";
  EXPECT_EQ(claimed(ledger(), {{0, 6}}, Channel::sms).size(), 1U);
}

TEST_P(StoreContract, DueRowsComeOldestFirstThenAsAdmitted) {
  std::vector<Admission> batch;
  for (int i = 0; i < 8; ++i) {
    Notification n = a_notification(i);
    if (i >= 4) n.send_at = after(i == 7 ? -500 : 500 * i);
    batch.push_back({n, {i % 2, 5}});
  }
  const auto id = [&](int i) { return batch[i].notification.id; };
  admitted(ledger(), {batch.begin(), batch.begin() + 3});
  admitted(ledger(), {batch.begin() + 3, batch.end()});
  EXPECT_THAT(ids_of(due(ledger(), {0, 1}, after(2000))),
              testing::ElementsAre(id(7), id(0), id(1), id(2), id(3), id(4)));
  EXPECT_THAT(ids_of(due(ledger(), {0, 1, 2}, after(2000), 3)), testing::ElementsAre(id(7), id(0), id(1)));
  EXPECT_THAT(ids_of(due(ledger(), {1}, after(10'000))), testing::ElementsAre(id(7), id(1), id(3), id(5)));
  EXPECT_TRUE(due(ledger(), {0, 1}, after(10'000), 100, Channel::sms).empty());
  EXPECT_TRUE(due(ledger(), {0, 1}, after(10'000), 0).empty());
}

TEST_P(StoreContract, TheNextDueTimeIsThatOfThesePartitions) {
  const auto next = [&](std::vector<std::int32_t> partitions) {
    return get<std::optional<Timestamp>>(
        [&](auto done) { ledger().next_due(Channel::email, std::move(partitions), std::move(done)); });
  };
  EXPECT_EQ(next({0, 1}), std::nullopt);
  EXPECT_EQ(next({}), std::nullopt);
  Notification later = a_notification(1), soon = a_notification(2);
  later.send_at = after(9000);
  soon.send_at = after(4000);
  admitted(ledger(), {{later, {0, 5}}, {soon, {1, 5}}});
  EXPECT_EQ(next({0, 1}), after(4000));
  EXPECT_EQ(next({0}), after(9000));
  begun(ledger(), {start(soon, 1, {1, 5})});
  EXPECT_EQ(next({0, 1}), after(9000));
  EXPECT_EQ(next({1}), std::nullopt);
}

TEST_P(StoreContract, StepsStayInTheOutboxUntilTold) {
  const Notification a = a_notification(1), b = a_notification(2);
  admitted(ledger(), {{a, {0, 5}}, {b, {1, 5}}});
  begun(ledger(), {start(a, 1, {0, 5}), start(b, 1, {1, 5})});
  recorded(ledger(), {sent(a, 1)});
  reopen();
  std::vector<Step> steps = untold(ledger());
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0], start(a, 1).step);
  EXPECT_EQ(steps[1], sent(a, 1).step);
  EXPECT_EQ(untold(ledger(), {0, 1}).size(), 3U);
  EXPECT_EQ(untold(ledger(), {0, 1}, 2).size(), 2U);
  EXPECT_EQ(untold(ledger(), {1}, 2)[0].notification_id, b.id);
  EXPECT_TRUE(untold(ledger(), {0, 1}, 10, Channel::sms).empty());

  ledger().told({steps[0].id(), "never/1/heard"});
  ledger().told({steps[0].id()});
  reopen();
  steps = untold(ledger());
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].kind, StepKind::sent);
  ledger().told({steps[0].id()});
  EXPECT_TRUE(untold(ledger()).empty());
}

TEST_P(StoreContract, SeveralHundredAtATime) {
  constexpr int count = 700;
  std::vector<Admission> batch;
  std::vector<AttemptStart> starts;
  std::vector<Transition> ends;
  for (int i = 0; i < count; ++i) {
    const Notification n = a_notification(i);
    batch.push_back({n, owner_now});
    starts.push_back(start(n, 1));
    ends.push_back(i % 2 ? sent(n, 1, {fmt::format("m{}", i)}) : deferred(n, 1, after(i)));
  }
  EXPECT_THAT(admitted(ledger(), batch), testing::AllOf(testing::SizeIs(count), testing::Each(true)));
  EXPECT_THAT(begun(ledger(), starts), testing::Each(true));
  EXPECT_THAT(recorded(ledger(), ends).applied, testing::Each(true));
  const Deliveries rows = due(ledger(), {0}, after(count), 1000);
  ASSERT_EQ(rows.size(), 350U);
  for (int i = 0; i < 350; ++i) EXPECT_EQ(rows[i].notification, batch[2 * i].notification);
  EXPECT_EQ(untold(ledger(), {0}, 5000).size(), 1400U);
}

}  // namespace vestnik::store
