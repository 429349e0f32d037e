#include "delivery/engine.h"

#include <gmock/gmock.h>
#include <set>

#include "delivery/test_fixture.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using testing::ElementsAre;
using Failing = FailingLedger::Failing;

TEST_F(EngineTest, APlannedNotificationIsSentRecordedAndTold) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_EQ(row("n1").state, DeliveryState::sending) << "durable before the provider has it";
  provider_->answer(Sent{.answer = "250 Ok", .message_ids = {}});
  ASSERT_TRUE(told("n1 1 sent"));
  EXPECT_THAT(reader_->told, ElementsAre("n1 1 sending", "n1 1 sent"));
  EXPECT_EQ(row("n1").state, DeliveryState::sent);
}

TEST_F(EngineTest, PlannedTwiceItIsSentOnce) {
  plan({notification("n1"), notification("n1")});
  plan({notification("n1"), notification("n2", "user_2")});
  ASSERT_TRUE(open_attempts(2));
  EXPECT_THAT(provider_->sent, ElementsAre("n1", "n2"));
}

TEST_F(EngineTest, APermanentAnswerEndsIt) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Permanent{"550 5.1.1 no such user"});
  ASSERT_TRUE(told("n1 1 dead"));
  EXPECT_EQ(row("n1").state, DeliveryState::dead);
  EXPECT_EQ(row("n1").answer, "550 5.1.1 no such user");
}

TEST_F(EngineTest, ATransientAnswerIsRetriedUntilAttemptsAreUsedUp) {
  plan({notification("n1")});
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(open_attempts(1));
    EXPECT_EQ(provider_->open[0].attempt.number, attempt);
    provider_->answer(Transient{.answer = "451 later", .progress = "part " + std::to_string(attempt)});
    ASSERT_TRUE(told("n1 " + std::to_string(attempt) + (attempt < 3 ? " deferred" : " dead")));
    EXPECT_TRUE(provider_->open.empty()) << "not before its time";
    scheduler_.advance(10s);
    if (attempt < 3) {
      ASSERT_TRUE(open_attempts(1));
      EXPECT_EQ(provider_->open[0].attempt.progress, "part " + std::to_string(attempt));
    }
  }
  EXPECT_EQ(row("n1").state, DeliveryState::dead);
  EXPECT_EQ(provider_->sent.size(), 3u);
}

TEST_F(EngineTest, ThrottlingBurnsNoAttempt) {
  plan({notification("n1")});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(open_attempts(1));
    EXPECT_EQ(provider_->open[0].attempt.number, 1);
    provider_->answer(Transient{.answer = "0x58", .retry_after = 2s, .throttled = true});
    ASSERT_TRUE(scheduler_.run_until([&] { return row("n1").state == DeliveryState::pending; }));
    scheduler_.advance(1999ms);
    EXPECT_TRUE(provider_->open.empty()) << "the peer asked for 2 s";
    scheduler_.advance(2s);
  }
  ASSERT_TRUE(open_attempts(1));
}

TEST_F(EngineTest, WhatNeverLeftBurnsNoAttempt) {
  plan({notification("n1")});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(open_attempts(1));
    EXPECT_EQ(provider_->open[0].attempt.number, 1);
    provider_->answer(Transient{.answer = "the link was lost before the answer", .unsent = true});
    ASSERT_TRUE(scheduler_.run_until([&] { return row("n1").state == DeliveryState::pending; }));
    scheduler_.advance(10s);
  }
  ASSERT_TRUE(open_attempts(1));
}

TEST_F(EngineTest, AnAttemptInDoubtIsSentAgainAndSaysSo) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(InDoubt{"no answer to the final dot"});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_EQ(provider_->open[0].attempt.number, 2);
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n1 2 sent"));
  EXPECT_THAT(reader_->told, ElementsAre("n1 1 sending", "n1 1 in_doubt", "n1 2 sending", "n1 2 sent"));
}

TEST_F(EngineTest, InDoubtUntilAttemptsAreUsedUpStaysInDoubt) {
  plan({notification("n1")});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(open_attempts(1));
    provider_->answer(InDoubt{"no answer"});
    scheduler_.run_until([&] { return row("n1").state != DeliveryState::sending; });
  }
  ASSERT_TRUE(told("n1 3 in_doubt"));
  EXPECT_EQ(row("n1").state, DeliveryState::in_doubt);
}

TEST_F(EngineTest, AProviderWithoutCapacityHoldsNoOffset) {
  provider_->slots = 0;
  plan({notification("n1"), notification("n2", "user_2")});
  ASSERT_TRUE(nothing_to_redeliver());
  EXPECT_TRUE(provider_->sent.empty());
  provider_->slots = 2;
  provider_->capacity_call();
  ASSERT_TRUE(open_attempts(2));
}

TEST_F(EngineTest, NeverMoreOpenThanTheProviderTakes) {
  provider_->slots = 2;
  std::vector<Notification> many;
  for (int i = 0; i < 20; ++i)
    many.push_back(notification("n" + std::to_string(i), "user_" + std::to_string(i)));
  plan(std::move(many));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(scheduler_.run_until([&] { return !provider_->open.empty(); }));
    ASSERT_LE(provider_->open.size(), 2u);
    provider_->answer(Sent{.answer = "250"});
  }
  EXPECT_EQ(provider_->sent.size(), 20u);
}

TEST_F(EngineTest, OneUsersNotificationsGoInTheOrderAccepted) {
  plan({notification("a1", "anna"), notification("a2", "anna"), notification("b1", "boris")});
  ASSERT_TRUE(open_attempts(2));
  EXPECT_THAT(provider_->sent, ElementsAre("a1", "b1"));
  provider_->answer(Transient{.answer = "451"});
  ASSERT_TRUE(scheduler_.run_until([&] { return provider_->sent.size() == 3; }));
  EXPECT_EQ(provider_->sent.back(), "a2") << "the first attempt of a1 is over";
}

TEST_F(EngineTest, AfterACrashAnAttemptWithoutOutcomeIsInDoubt) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  crash();
  ASSERT_TRUE(open_attempts(1));
  EXPECT_EQ(provider_->open[0].attempt.number, 2);
  ASSERT_TRUE(told("n1 1 in_doubt"));
}

TEST_F(EngineTest, AfterACrashWhatWasSentIsNotSentAgainAndPendingGoesOn) {
  plan({notification("n1"), notification("n2", "user_2")});
  ASSERT_TRUE(open_attempts(2));
  provider_->answer(Sent{.answer = "250"});
  provider_->answer(Transient{.answer = "451"});
  ASSERT_TRUE(told("n1 1 sent"));
  ASSERT_TRUE(told("n2 1 deferred"));
  crash();
  plan({notification("n1")});  // as a redelivered record
  ASSERT_TRUE(nothing_to_redeliver());
  scheduler_.advance(10s);
  ASSERT_TRUE(open_attempts(1));
  EXPECT_THAT(provider_->sent, ElementsAre("n2"));
  EXPECT_EQ(provider_->open[0].attempt.number, 2);
}

TEST_F(EngineTest, WhatIsTooLateIsNotSent) {
  Notification late = notification("n1");
  late.expires_at = scheduler_.clock().now() - 1s;
  Notification soon_late = notification("n2", "user_2");
  soon_late.expires_at = scheduler_.clock().now() + 50ms;
  plan({late, soon_late});
  ASSERT_TRUE(told("n1 0 expired"));
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Transient{.answer = "451 later"});
  ASSERT_TRUE(told("n2 1 expired"));
  EXPECT_EQ(row("n2").state, DeliveryState::expired);
}

TEST_F(EngineTest, WhatIsForLaterWaitsForItsTime) {
  Notification later = notification("n1");
  later.send_at = scheduler_.clock().now() + 1h;
  plan({later});
  ASSERT_TRUE(nothing_to_redeliver());
  scheduler_.advance(59min);
  EXPECT_TRUE(provider_->sent.empty());
  EXPECT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 1s));
}

TEST_F(EngineTest, PoisonAndOtherChannelsAreLetGo) {
  Notification sms = notification("s1");
  sms.channel = Channel::sms;
  append({Record{"user_1", "not json", {}}, encode(sms), Record{"user_1", "{}", {}}});
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  ASSERT_TRUE(nothing_to_redeliver());
  EXPECT_THAT(provider_->sent, ElementsAre("n1"));
}

TEST_F(EngineTest, MoreThanMemoryHoldsIsReadFromTheLedger) {
  engine_.reset();
  held_max_ = 10;
  start_engine();
  provider_->slots = 3;
  std::vector<Notification> many;
  for (int i = 0; i < 200; ++i)
    many.push_back(notification("n" + std::to_string(i), "user_" + std::to_string(i)));
  plan(std::move(many));
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(scheduler_.run_until([&] { return !provider_->open.empty(); })) << i;
    provider_->answer(Sent{.answer = "250"});
  }
  const std::set<std::string> distinct(provider_->sent.begin(), provider_->sent.end());
  EXPECT_EQ(provider_->sent.size(), 200u);
  EXPECT_EQ(distinct.size(), 200u);
}

TEST_F(EngineTest, LargeMessagesFillMemoryEarlier) {
  engine_.reset();
  held_bytes_max_ = 1'000'000;
  start_engine();
  provider_->slots = 4;
  std::vector<Notification> many;
  for (int i = 0; i < 60; ++i) {
    many.push_back(notification("n" + std::to_string(i), "user_" + std::to_string(i)));
    many.back().html = std::string(100'000, 'x');
  }
  plan(std::move(many));
  ASSERT_TRUE(nothing_to_redeliver());
  double most_held = 0;
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(scheduler_.run_until([&] { return !provider_->open.empty(); })) << i;
    most_held = std::max(most_held, metrics_held());
    provider_->answer(Sent{.answer = "250"});
  }
  EXPECT_EQ(provider_->sent.size(), 60u);
  EXPECT_GE(most_held, 4);
  EXPECT_LE(most_held, 30) << "of 60";
}

TEST_F(EngineTest, ALedgerThatCannotTakeThemHoldsTheOffsets) {
  ledger_->admit_failing = Failing::before;
  plan({notification("n1")});
  scheduler_.run_until([] { return false; }, 1s);
  EXPECT_TRUE(provider_->sent.empty());
  ledger_->admit_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 10ms));
}

TEST_F(EngineTest, ABeginThatMayBeWrittenIsSettledAndSentOnce) {
  for (const Failing failing : {Failing::before, Failing::after}) {
    ledger_->begin_failing = failing;
    const std::string id = failing == Failing::before ? "before" : "after";
    plan({notification(id, id)});
    scheduler_.run_until([&] { return row(id).state == DeliveryState::sending; }, 1s);
    EXPECT_TRUE(provider_->open.empty());
    ledger_->begin_failing = Failing::no;
    ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 10ms)) << id;
    EXPECT_EQ(provider_->open[0].attempt.number, 1);
    provider_->answer(Sent{.answer = "250"});
    ASSERT_TRUE(told(id + " 1 sent"));
  }
  EXPECT_THAT(provider_->sent, ElementsAre("before", "after"));
}

TEST_F(EngineTest, AnOutcomeThatCannotBeRecordedIsNotForgotten) {
  plan({notification("n1"), notification("n2", "user_2")});
  ASSERT_TRUE(open_attempts(2));
  ledger_->record_failing = Failing::after;
  provider_->answer(Sent{.answer = "250"});
  scheduler_.run_until([&] { return row("n1").state == DeliveryState::sent; }, 5s);
  ledger_->record_failing = Failing::before;
  provider_->answer(Transient{.answer = "451"});
  scheduler_.advance(1s);
  ledger_->record_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return row("n2").state == DeliveryState::pending; }, 10ms));
  EXPECT_EQ(row("n1").state, DeliveryState::sent);
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 10ms));
  EXPECT_EQ(provider_->open[0].attempt.notification->id.value, "n2");
}

TEST_F(EngineTest, WhileOutcomesCannotBeRecordedNothingMoreIsSent) {
  provider_->slots = 1;
  plan({notification("n1"), notification("n2", "user_2")});
  ASSERT_TRUE(open_attempts(1));
  ASSERT_TRUE(told("n2 1 sending")) << "one round ahead";
  ledger_->record_failing = Failing::before;
  provider_->slots = 0;  // so that n2 does not follow at once, before the failure is known
  provider_->answer(Sent{.answer = "250"});
  scheduler_.run();
  provider_->slots = 5;
  provider_->capacity_call();
  scheduler_.advance(1s);
  EXPECT_EQ(provider_->sent.size(), 1u);
  ledger_->record_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->sent.size() == 2; }, 10ms));
}

// A process that was stopped (SIGSTOP) and goes on: its partitions may be another's, who takes what had begun
// for in doubt.
TEST_F(EngineTest, WhatHasBegunAndWaitedIsGivenBackRatherThanSent) {
  provider_->slots = 1;
  plan({notification("n1"), notification("n2", "user_2")});
  ASSERT_TRUE(open_attempts(1));
  ASSERT_TRUE(told("n2 1 sending")) << "one round ahead";
  scheduler_.advance(3s);
  provider_->answer(Sent{.answer = "250"});
  EXPECT_TRUE(provider_->open.empty());
  ASSERT_TRUE(told("n2 1 deferred"));
  ASSERT_TRUE(open_attempts(1)) << "begun anew";
  EXPECT_EQ(provider_->open[0].attempt.number, 1);
}

TEST_F(EngineTest, WhatArrivesDuringAReadOfTheLedgerIsNotLeftThere) {
  engine_.reset();
  ledger_->hold_due = true;
  start_engine();
  ASSERT_TRUE(scheduler_.run_until([&] { return ledger_->is_due_held(); }));
  plan({notification("n1")});
  ASSERT_TRUE(nothing_to_redeliver()) << "it is admitted";
  ledger_->release_due();
  EXPECT_TRUE(open_attempts(1)) << "without any time passing";
}

// Read once before its attempt and once after it, while what was read first was known: the ledger has it as
// due, and nobody here does.
TEST_F(EngineTest, WhatWasReadBeforeItChangedIsReadAgain) {
  provider_->slots = 0;
  plan({notification("n1")});
  ASSERT_TRUE(nothing_to_redeliver());
  engine_.reset();
  start_engine();
  provider_->slots = 0;
  hold_next_read();
  plan({notification("n2", "user_2")});
  ASSERT_TRUE(nothing_to_redeliver());
  ledger_->release_due();
  hold_next_read();  // for n2; it brings n1 too, as it is before its attempt

  provider_->slots = 1;
  provider_->capacity_call();
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Transient{.answer = "451 not now"});
  ASSERT_TRUE(told("n1 1 deferred"));
  provider_->slots = 100;
  ledger_->begin_failing = FailingLedger::Failing::before;
  ledger_->release_due();
  hold_next_read();
  ledger_->release_due();
  scheduler_.run();
  ledger_->begin_failing = FailingLedger::Failing::no;

  const Timestamp then = scheduler_.clock().now();
  const auto is_open = [&](const auto& open) {
    return open.attempt.notification->id.value == "n1" && open.attempt.number == 2;
  };
  ASSERT_TRUE(scheduler_.advance_until([&] { return std::ranges::any_of(provider_->open, is_open); }, 10ms));
  EXPECT_LT(scheduler_.clock().now(), then + 5s) << "not only when everything is read again";
}

// As after Kafka was set up afresh beside a database that knows the epochs of the old one.
TEST_F(EngineTest, ALogThatCountsItsEpochsAnewIsFollowed) {
  engine_.reset();
  std::promise<bool> claimed;
  store_->ledger().claim(Channel::email, {{0, std::int64_t{1} << 60}},
                         [&](auto result) { claimed.set_value(result.has_value()); });
  ASSERT_TRUE(claimed.get_future().get());
  start_engine();
  plan({notification("n1")});
  ASSERT_TRUE(nothing_to_redeliver());
  EXPECT_TRUE(provider_->sent.empty());
  EXPECT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 100ms));
}

TEST_F(EngineTest, AReceiptMovesSentToDelivered) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->receipt_call({.provider = "scripted", .message_id = "m-1", .answer = "stat:DELIVRD", .at = {}},
                          [] {});  // early
  provider_->answer(Sent{.answer = "ok", .message_ids = {"m-1"}});
  ASSERT_TRUE(told("n1 1 delivered"));
  EXPECT_EQ(row("n1").state, DeliveryState::delivered);
}

TEST_F(EngineTest, StopGivesBackWhatWasNotSentAndWaitsForTheRest) {
  provider_->slots = 1;
  plan({notification("n1"), notification("n2", "user_2")});
  ASSERT_TRUE(open_attempts(1));
  ASSERT_TRUE(told("n2 1 sending")) << "one round ahead";
  bool stopped = false;
  engine_->stop(10s, [&] { stopped = true; });
  ASSERT_TRUE(told("n2 1 deferred"));
  EXPECT_FALSE(stopped);
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n1 1 sent"));
  ASSERT_TRUE(scheduler_.run_until([&] {
    scheduler_.advance(5ms);
    return stopped;
  }));
  EXPECT_EQ(row("n2").state, DeliveryState::pending);
  EXPECT_EQ(row("n2").attempt, 0) << "the attempt is given back";
}

}  // namespace
}  // namespace vestnik::delivery
