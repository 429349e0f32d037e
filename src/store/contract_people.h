// Part of contract_test.h: what people ask of the ledger, lists and decisions.
#pragma once

#include <future>

#include "store/contract_test.h"
#include "store/delivery_filter.h"
#include "store/ledger_test_support.h"

namespace vestnik::store {

TEST_P(StoreContract, AnEmptyLedgerListsNothing) {
  EXPECT_TRUE(numbers_listed(ledger(), {}).empty());
  EXPECT_TRUE(numbers_listed(ledger(), {.states = {DeliveryState::dead, DeliveryState::in_doubt}}).empty());
}

TEST_P(StoreContract, AListIsNewestFirstInPages) {
  std::vector<Admission> batch;
  for (int i = 0; i < 10; ++i) batch.push_back({a_notification(i), {i % 3, 5}});
  admitted(ledger(), batch);
  const std::vector newest_first{9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  for (const std::size_t limit : {1, 3, 5, 10, 100})
    EXPECT_EQ(numbers_listed(ledger(), {}, limit), newest_first) << limit;
  const DeliveryPage page = listed(ledger(), {}, 0, 4);
  ASSERT_EQ(page.deliveries.size(), 4U);
  EXPECT_EQ(page.deliveries[0].notification, batch[9].notification);
  EXPECT_EQ(page.deliveries[0].due_at, t0);
  // What comes meanwhile doesn't shift the pages.
  admitted(ledger(), {{a_notification(10), owner_now}});
  EXPECT_EQ(listed(ledger(), {}, page.next, 100).deliveries.size(), 6U);
}

TEST_P(StoreContract, AListKeepsToItsFilter) {
  Notification of_other_category = a_notification(6), by_sms = a_notification(7, Channel::sms);
  of_other_category.category = "marketing";
  admitted(ledger(), {{a_notification(0), owner_now}});
  begun(ledger(), {start(a_notification(0), 1)});
  dead(ledger(), 1);
  in_doubt(ledger(), 2);
  submitted(ledger(), 3, {});
  ended(ledger(), a_notification(4), DeliveryState::expired, StepKind::expired);
  submitted(ledger(), 5, {"m5"});
  received(ledger(), {receipt("m5", Receipt::Status::failed)});
  ended(ledger(), of_other_category, DeliveryState::dead, StepKind::dead);
  admitted(ledger(), {{by_sms, owner_now}});
  begun(ledger(), {start(by_sms, 1)});
  Transition no_route = transition(by_sms, 1, DeliveryState::dead, StepKind::dead);
  no_route.step.provider = "smpp";
  no_route.step.answer = "no route \xff";
  no_route.step.at = after(9000);
  recorded(ledger(), {no_route});

  const auto list = [&](const DeliveryFilter& filter) {
    const std::vector<int> numbers = numbers_listed(ledger(), filter);
    EXPECT_EQ(numbers_listed(ledger(), filter, 1), numbers);
    return numbers;
  };
  using enum DeliveryState;
  using testing::ElementsAre, testing::IsEmpty;
  EXPECT_THAT(list({}), ElementsAre(7, 6, 5, 4, 3, 2, 1, 0));
  EXPECT_THAT(list({.channel = Channel::sms}), ElementsAre(7));
  EXPECT_THAT(list({.channel = Channel::email, .states = {dead}}), ElementsAre(6, 1));
  EXPECT_THAT(list({.states = {dead}}), ElementsAre(7, 6, 1));
  EXPECT_THAT(list({.states = {in_doubt, dead, dead, expired, bounced}}), ElementsAre(7, 6, 5, 4, 2, 1));
  EXPECT_THAT(list({.states = {sent}}), ElementsAre(3));
  EXPECT_THAT(list({.states = {sending, dead}}), ElementsAre(7, 6, 1, 0));
  EXPECT_THAT(list({.states = {pending, suppressed, discarded, delivered}}), IsEmpty());
  EXPECT_THAT(list({.provider = "smpp"}), ElementsAre(7));
  EXPECT_THAT(list({.provider = "sm"}), IsEmpty());
  EXPECT_THAT(list({.category = "marketing"}), ElementsAre(6));
  EXPECT_THAT(list({.category = "market"}), IsEmpty()) << "a part of a name is another name";
  EXPECT_THAT(list({.states = {dead}, .category = "transactional"}), ElementsAre(7, 1));
  EXPECT_THAT(list({.user_id = a_notification(4).user_id}), ElementsAre(4));
  EXPECT_THAT(list({.user_id = {"nobody"}}), IsEmpty());
  EXPECT_THAT(list({.answer_contains = "route \xff"}), ElementsAre(7));
  EXPECT_THAT(list({.answer_contains = std::string("a\0b", 3)}), ElementsAre(6, 5, 4, 3, 2, 1));
  EXPECT_THAT(list({.answer_contains = "A\\0b"}), IsEmpty()) << "byte by byte";
  EXPECT_THAT(list({.updated_from = after(9000)}), ElementsAre(7));
  EXPECT_THAT(list({.states = {dead}, .updated_before = after(9000)}), ElementsAre(6, 1));
  EXPECT_THAT(list({.states = {dead}, .updated_from = after(15), .updated_before = after(16)}),
              ElementsAre(6, 1));
}

TEST_P(StoreContract, AListHasWhatADecisionIsMadeBy) {
  const Notification n = dead(ledger(), 1, 2);
  submitted(ledger(), 2, {});
  const DeliveryPage page = listed(ledger(), {.states = {DeliveryState::dead}});
  ASSERT_EQ(page.deliveries.size(), 1U);
  const Delivery& d = page.deliveries[0];
  EXPECT_EQ(d.notification, n) << "with address and content";
  EXPECT_EQ(d.attempt, 2);
  EXPECT_EQ(d.answer, awkward_text);
  EXPECT_EQ(d.provider, "smtp");
  EXPECT_EQ(d.owner.epoch, 5);
  EXPECT_EQ(d.updated_at, after(25));
  EXPECT_EQ(d.retried_after, std::nullopt);
  EXPECT_EQ(listed(ledger(), {.states = {DeliveryState::sent}}).deliveries[0].notification.to, "");
}

// A call looks at so many rows and then says where to go on, whether it found any or not.
TEST_P(StoreContract, AListLooksAtABoundedNumberOfRows) {
  const Notification oldest = a_notification(0);
  constexpr int rows = static_cast<int>(list_rows_looked_at_max) + 500;
  std::vector<Admission> batch{{oldest, owner_now}};
  for (int i = 1; i < rows; ++i) {
    batch.push_back({a_notification(i), owner_now});
    if (batch.size() == 1000) admitted(ledger(), std::exchange(batch, {}));
  }
  admitted(ledger(), batch);
  DeliveryFilter filter{.user_id = oldest.user_id};
  const DeliveryPage first = listed(ledger(), filter);
  EXPECT_TRUE(first.deliveries.empty());
  ASSERT_NE(first.next, 0);
  const DeliveryPage second = listed(ledger(), filter, first.next);
  ASSERT_EQ(second.deliveries.size(), 1U);
  EXPECT_EQ(second.deliveries[0].notification, oldest);
  EXPECT_EQ(second.next, 0);
  // States that are rare are found at once, however many others are newer.
  recorded(ledger(), {transition(oldest, 0, DeliveryState::dead, StepKind::dead)});
  const DeliveryPage rare = listed(ledger(), {.states = {DeliveryState::in_doubt, DeliveryState::dead}});
  EXPECT_EQ(rare.deliveries.size(), 1U);
  EXPECT_EQ(rare.next, 0);
}

TEST_P(StoreContract, ARetryIsPendingWithItsAttemptsBeforeItAgain) {
  const Notification n = dead(ledger(), 1, 8), doubtful = in_doubt(ledger(), 2, 3);
  const auto answers =
      amended(ledger(), {an_amendment(n, Decision::retry), an_amendment(doubtful, Decision::retry)});
  ASSERT_EQ(answers.size(), 2U);
  for (const Amended& a : answers) {
    EXPECT_EQ(a.kind, Amended::Kind::done);
    EXPECT_EQ(a.state, DeliveryState::pending);
  }
  reopen();
  EXPECT_TRUE(due(ledger(), {0}, after(4999)).empty());
  const Deliveries rows = due(ledger(), {0}, after(5000));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].notification, n);
  EXPECT_EQ(rows[0].attempt, 8);
  EXPECT_EQ(rows[0].retried_after, 8);
  EXPECT_EQ(rows[0].due_at, after(5000));
  EXPECT_EQ(rows[0].updated_at, after(5000));
  EXPECT_EQ(rows[0].answer, awkward_text) << "the last attempt's";
  EXPECT_EQ(rows[1].retried_after, 3);
  EXPECT_EQ(begun(ledger(), {start(n, 8), start(n, 9)}), (std::vector{false, true}));
  EXPECT_EQ(recorded(ledger(), {transition(n, 9, DeliveryState::dead, StepKind::dead)}).applied,
            std::vector{true});
  EXPECT_EQ(found(ledger(), n.id)->retried_after, 8);
  amended(ledger(), {an_amendment(n, Decision::retry, after(6000))});
  EXPECT_EQ(found(ledger(), n.id)->retried_after, 9);
}

TEST_P(StoreContract, WhoeverHasThePartitionBeginsWhatIsRetried) {
  const Notification n = ended(ledger(), a_notification(1), DeliveryState::dead, StepKind::dead, 1, {0, 50});
  amended(ledger(), {an_amendment(n, Decision::retry)});
  // The log counts its epochs anew: the row's old one must not stand in the way.
  EXPECT_EQ(begun(ledger(), {start(n, 2, {0, 1})}), std::vector{true});
  const Notification other = ended(ledger(), a_notification(2), DeliveryState::dead, StepKind::dead);
  claimed(ledger(), {{0, 9}});
  amended(ledger(), {an_amendment(other, Decision::retry)});
  EXPECT_EQ(due(ledger(), {0}, after(9000)).at(0).owner.epoch, 9);
  EXPECT_EQ(begun(ledger(), {start(other, 2, {0, 8})}), std::vector{false}) << "it lost the partition";
  EXPECT_EQ(begun(ledger(), {start(other, 2, {0, 9})}), std::vector{true});
}

TEST_P(StoreContract, WhatIsMarkedSentOrDiscardedIsOver) {
  const Notification arrived = in_doubt(ledger(), 1, 2), unwanted = dead(ledger(), 2),
                     doubtful = in_doubt(ledger(), 3);
  const auto answers = amended(
      ledger(), {an_amendment(arrived, Decision::mark_sent), an_amendment(unwanted, Decision::discard),
                 an_amendment(doubtful, Decision::discard)});
  const DeliveryState states[] = {DeliveryState::sent, DeliveryState::discarded, DeliveryState::discarded};
  const Notification* notifications[] = {&arrived, &unwanted, &doubtful};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(answers[i].kind, Amended::Kind::done);
    EXPECT_EQ(answers[i].state, states[i]);
    const auto d = found(ledger(), notifications[i]->id);
    EXPECT_EQ(d->state, states[i]);
    EXPECT_EQ(d->answer, "because " + awkward_text);
    EXPECT_EQ(d->updated_at, after(5000));
    EXPECT_EQ(d->notification.to + d->notification.text, "") << "the content is no longer kept";
    EXPECT_EQ(d->notification.user_id, notifications[i]->user_id);
    EXPECT_EQ(d->retried_after, std::nullopt);
  }
  EXPECT_TRUE(due(ledger(), {0}, after(1'000'000)).empty());
  EXPECT_THAT(numbers_listed(ledger(), {.states = {DeliveryState::discarded}}), testing::ElementsAre(3, 2));
}

TEST_P(StoreContract, DecisionsAreToldLikeEverythingElse) {
  const Notification again = dead(ledger(), 1, 2), arrived = in_doubt(ledger(), 2),
                     unwanted = dead(ledger(), 3);
  std::vector<std::string> before;
  for (const Step& step : untold(ledger())) before.push_back(step.id());
  ledger().told(before);
  amended(ledger(), {an_amendment(again, Decision::retry), an_amendment(arrived, Decision::mark_sent),
                     an_amendment(unwanted, Decision::discard)});
  reopen();
  const std::vector<Step> steps = untold(ledger());
  ASSERT_EQ(steps.size(), 3U);
  const auto expected = [](const Notification& n, StepKind kind, int attempt) {
    Step step = a_step(n, kind, attempt, after(5000));
    step.answer = "because " + awkward_text;
    return step;
  };
  EXPECT_EQ(steps[0], expected(again, StepKind::retried, 2));
  EXPECT_EQ(steps[1], expected(arrived, StepKind::sent, 1));
  EXPECT_EQ(steps[2], expected(unwanted, StepKind::discarded, 1));
}

TEST_P(StoreContract, WhatCannotBeDecidedSaysWhy) {
  const Notification waiting = a_notification(1), under_way = a_notification(2);
  admitted(ledger(), {{waiting, owner_now}, {under_way, owner_now}});
  begun(ledger(), {start(under_way, 1)});
  const Notification gone = submitted(ledger(), 3, {}), dead_one = dead(ledger(), 4),
                     doubtful = in_doubt(ledger(), 5);
  const auto told_before = untold(ledger()).size();
  const std::vector<std::pair<const Notification*, DeliveryState>> fixed{
      {&waiting, DeliveryState::pending}, {&under_way, DeliveryState::sending}, {&gone, DeliveryState::sent}};
  for (const auto& [n, state] : fixed)
    for (const Decision decision : {Decision::retry, Decision::mark_sent, Decision::discard}) {
      const Amended a = amended(ledger(), {an_amendment(*n, decision)})[0];
      EXPECT_EQ(a.kind, Amended::Kind::refused);
      EXPECT_EQ(a.state, state);
    }
  EXPECT_EQ(amended(ledger(), {an_amendment(dead_one, Decision::mark_sent)})[0].kind, Amended::Kind::refused);
  EXPECT_EQ(amended(ledger(), {an_amendment(a_notification(99), Decision::retry)})[0].kind,
            Amended::Kind::unknown);
  EXPECT_EQ(untold(ledger()).size(), told_before);
  EXPECT_EQ(found(ledger(), waiting.id)->notification, waiting);
  // The same row several times, and a call repeated.
  const auto answers =
      amended(ledger(), {an_amendment(doubtful, Decision::retry), an_amendment(doubtful, Decision::discard),
                         an_amendment(dead_one, Decision::discard), an_amendment(dead_one, Decision::retry)});
  EXPECT_EQ(answers[0].kind, Amended::Kind::done);
  EXPECT_EQ(answers[1].kind, Amended::Kind::refused);
  EXPECT_EQ(answers[1].state, DeliveryState::pending);
  EXPECT_EQ(answers[2].kind, Amended::Kind::done);
  EXPECT_EQ(answers[3].kind, Amended::Kind::refused);
  EXPECT_EQ(answers[3].state, DeliveryState::discarded);
  EXPECT_EQ(amended(ledger(), {an_amendment(doubtful, Decision::retry)})[0].state, DeliveryState::pending);
  EXPECT_TRUE(amended(ledger(), {}).empty());
}

// Two people decide about one delivery at the same moment: one of them does.
TEST_P(StoreContract, OneDecisionCounts) {
  for (int i = 0; i < 20; ++i) {
    const Notification n = in_doubt(ledger(), i);
    auto one = std::async(std::launch::async,
                          [&] { return amended(ledger(), {an_amendment(n, Decision::retry)})[0]; });
    auto two = std::async(std::launch::async,
                          [&] { return amended(ledger(), {an_amendment(n, Decision::discard)})[0]; });
    EXPECT_NE(one.get().kind == Amended::Kind::done, two.get().kind == Amended::Kind::done);
  }
}

}  // namespace vestnik::store
