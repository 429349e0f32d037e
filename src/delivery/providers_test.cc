// The engine where a channel has several providers, limits, or messages that a person decides about.
#include <gmock/gmock.h>

#include "delivery/test_fixture.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using store::Decision;
using Failing = FailingLedger::Failing;
using store::DeliveryState;

class ProvidersTest : public EngineTest {
 protected:
  void use_backup() {
    with_backup_ = true;
    restart();
  }
  void limit(Limit rate) {
    route_ = {.name = "limited", .rate = rate};
    restart();
  }
  bool sent_by(ScriptedProvider& provider, std::size_t count) {
    return scheduler_.run_until([&] { return provider.sent.size() == count; });
  }
  // Nothing of this kind happens, though all that is posted has run.
  void settle() {
    for (int i = 0; i < 50; ++i) {
      amend("no such id", Decision::retry);  // a write of its own: those before it are through
      scheduler_.run();
    }
  }
};

TEST_F(ProvidersTest, WhatOneProviderCantTakeGoesToTheOtherAtOnce) {
  use_backup();
  plan({notification("n1")});
  ASSERT_TRUE(sent_by(*provider_, 1));
  provider_->answer(Transient{.answer = "451 not now"});
  ASSERT_TRUE(sent_by(*backup_, 1)) << "without any time passing";
  EXPECT_EQ(row("n1").provider, "backup");
  backup_->answer(Transient{.answer = "451 neither"});
  ASSERT_TRUE(told("n1 2 deferred"));
  settle();
  EXPECT_EQ(provider_->sent.size(), 1u) << "both have failed: after a pause";
  scheduler_.advance(10s);
  ASSERT_TRUE(sent_by(*provider_, 2));
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n1 3 sent"));
}

TEST_F(ProvidersTest, SoDoesWhatFailsWhileTheLedgerHasMoreThanMemory) {
  provider_->slots = 0;
  plan({notification("n1")});
  ASSERT_TRUE(nothing_to_redeliver());
  use_backup();
  hold_next_read();
  plan({notification("n2", "user_2")});
  ASSERT_TRUE(nothing_to_redeliver());
  ledger_->release_due();
  hold_next_read();  // for n2
  ASSERT_TRUE(sent_by(*provider_, 1));
  provider_->answer(Transient{.answer = "451 not now"});
  EXPECT_TRUE(sent_by(*backup_, 1));
  EXPECT_EQ(provider_->sent.size(), 1U);
}

TEST_F(ProvidersTest, AProviderThatFailsIsLeftAloneAndTriedAgainLater) {
  use_backup();
  for (int i = 0; i < 5; ++i) {
    const std::string id = "n" + std::to_string(i);
    plan({notification(id, id)});
    ASSERT_TRUE(scheduler_.run_until([&] { return !provider_->open.empty(); })) << i;
    provider_->answer(Transient{.answer = "connection refused", .provider_failed = true});
    ASSERT_TRUE(scheduler_.run_until([&] { return !backup_->open.empty(); }));
    backup_->answer(Sent{.answer = "250"});
  }
  plan({notification("n5", "n5"), notification("n6", "n6")});
  ASSERT_TRUE(sent_by(*backup_, 7));
  EXPECT_EQ(provider_->sent.size(), 5u);
  scheduler_.advance(1s);
  plan({notification("n7", "n7"), notification("n8", "n8")});
  ASSERT_TRUE(sent_by(*provider_, 6)) << "one probe";
  ASSERT_TRUE(sent_by(*backup_, 8)) << "and the rest is not put at risk";
  provider_->answer(Sent{.answer = "250"});
  plan({notification("n9", "n9")});
  ASSERT_TRUE(sent_by(*provider_, 7)) << "it works again";
}

TEST_F(ProvidersTest, WhatHasBegunForAProviderThatFailsIsGivenBack) {
  use_backup();
  provider_->slots = 5;
  std::vector<Notification> many;
  for (int i = 0; i < 8; ++i) many.push_back(notification("n" + std::to_string(i), "u" + std::to_string(i)));
  plan(std::move(many));
  ASSERT_TRUE(sent_by(*provider_, 4)) << "the fifth place is for another destination";
  ASSERT_TRUE(told("n7 1 sending")) << "one round ahead";
  provider_->slots = 0;
  provider_->is_well = false;
  while (!provider_->open.empty())
    provider_->answer(Transient{.answer = "connection lost", .provider_failed = true});
  scheduler_.advance(10s);
  ASSERT_TRUE(scheduler_.run_until([&] { return backup_->sent.size() == 8; }));
  EXPECT_EQ(row("n7").attempt, 1) << "the attempt that it did not make does not count";
}

TEST_F(ProvidersTest, ALimitHoldsAcrossACrash) {
  limit({3, 10s});
  std::vector<Notification> many;
  for (int i = 0; i < 5; ++i) many.push_back(notification("n" + std::to_string(i), "u" + std::to_string(i)));
  plan(std::move(many));
  ASSERT_TRUE(sent_by(*provider_, 3));
  for (int i = 0; i < 3; ++i) provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n2 1 sent"));
  crash();
  for (int second = 0; second < 10; ++second) {
    scheduler_.advance(1s);
    settle();
  }
  EXPECT_TRUE(provider_->sent.empty()) << "the window is not over";
  scheduler_.advance(2s);
  ASSERT_TRUE(sent_by(*provider_, 2));
  EXPECT_EQ(row("n4").attempt, 1);
}

TEST_F(ProvidersTest, WhatWaitedTooLongSinceItWasCountedIsCountedAgain) {
  limit({3, 10s});
  ledger_->begin_failing = Failing::after;
  plan({notification("n1")});
  scheduler_.run_until([&] { return row("n1").state == DeliveryState::sending; }, 5s);
  scheduler_.advance(2s);
  ledger_->begin_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->sent.size() == 1; }, 10ms));
  EXPECT_EQ(provider_->open[0].attempt.number, 1);
  ASSERT_TRUE(told("n1 1 deferred")) << "it was given back in between";
}

TEST_F(ProvidersTest, AQuotaOfARecipientWaitsInTheLedgerAndSaysSo) {
  const auto quoted = [&](std::string id) {
    Notification n = notification(std::move(id));
    n.recipient_limit = Limit{1, 1h};
    return n;
  };
  plan({quoted("n1"), quoted("n2"), notification("other")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n2 0 deferred"));
  EXPECT_EQ(row("n2").state, DeliveryState::pending);
  EXPECT_EQ(row("n2").attempt, 0);
  EXPECT_GE(row("n2").due_at, scheduler_.clock().now() + 1h);
  ASSERT_TRUE(open_attempts(1)) << "what has no limit goes on";
  EXPECT_EQ(provider_->sent.back(), "other");
  provider_->answer(Sent{.answer = "250"});
  while (row("n2").due_at > scheduler_.clock().now() + 1s) scheduler_.advance(1s);
  EXPECT_TRUE(scheduler_.advance_until([&] { return provider_->sent.back() == "n2"; }, 10ms));
}

TEST_F(ProvidersTest, WhatIsHeldInDoubtWaitsForAPerson) {
  Notification code = notification("n1");
  code.hold_in_doubt = true;
  plan({code});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(InDoubt{"no answer"});
  ASSERT_TRUE(told("n1 1 in_doubt"));
  crash();
  scheduler_.advance(1h);
  settle();
  EXPECT_EQ(row("n1").state, DeliveryState::in_doubt);
  EXPECT_TRUE(provider_->sent.empty());
  EXPECT_EQ(amend("n1", Decision::retry), store::Amended::Kind::done);
  engine_->look();
  ASSERT_TRUE(open_attempts(1)) << "without any time passing";
  EXPECT_EQ(provider_->open[0].attempt.number, 2);
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(told("n1 1 retried"));
  ASSERT_TRUE(told("n1 2 sent"));
}

TEST_F(ProvidersTest, ACrashLeavesInDoubtWhatIsToBeHeld) {
  Notification code = notification("n1");
  code.hold_in_doubt = true;
  plan({code});
  ASSERT_TRUE(open_attempts(1));
  crash();
  ASSERT_TRUE(told("n1 1 in_doubt"));
  EXPECT_EQ(row("n1").state, DeliveryState::in_doubt);
  EXPECT_TRUE(provider_->sent.empty());
}

TEST_F(ProvidersTest, ARetriedOneHasAllItsAttemptsAndNoExpiry) {
  Notification n = notification("n1");
  n.attempts_max = 2;
  n.expires_at = scheduler_.clock().now() + 1min;
  plan({n});
  for (const int attempt : {1, 2, 3, 4}) {
    ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 100ms));
    EXPECT_EQ(provider_->open[0].attempt.number, attempt);
    provider_->answer(Transient{.answer = "451"});
    const bool last = attempt % 2 == 0;
    ASSERT_TRUE(told("n1 " + std::to_string(attempt) + (last ? " dead" : " deferred")));
    if (attempt != 2) continue;
    scheduler_.advance(1h);
    ASSERT_EQ(amend("n1", Decision::retry), store::Amended::Kind::done);
    engine_->look();
  }
  EXPECT_EQ(row("n1").state, DeliveryState::dead);
}

TEST_F(ProvidersTest, WhatSomebodyElseChangedIsSeenBeforeLong) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Permanent{"550"});
  ASSERT_TRUE(told("n1 1 dead"));
  ASSERT_EQ(amend("n1", Decision::retry), store::Amended::Kind::done);
  EXPECT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 1s));
  EXPECT_TRUE(told("n1 1 retried")) << "its step too";
}

TEST_F(ProvidersTest, ADestinationThatHangsDoesNotDelayTheOthers) {
  provider_->slots = 4;
  const auto many_to_slow = [&](int from, int count) {
    std::vector<Notification> many;
    for (int i = from; i < from + count; ++i) {
      many.push_back(notification("slow" + std::to_string(i), "u" + std::to_string(i)));
      many.back().to = "someone@slow.example";
    }
    plan(std::move(many));
  };
  many_to_slow(0, 200);
  ASSERT_TRUE(open_attempts(3));
  plan({notification("quick", "quick")});
  ASSERT_TRUE(open_attempts(4));
  EXPECT_EQ(provider_->sent.back(), "quick");
  provider_->open.back().done(Sent{.answer = "250"});
  provider_->open.pop_back();
  // More than can be kept aside: those wait in the ledger once it is clear that none of them moves.
  many_to_slow(200, 200);
  scheduler_.advance(11s);
  plan({notification("quick2", "quick2")});
  // Time may have to pass: what has begun for the slow one and can't be sent is given back first.
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 4; }, 10ms));
  EXPECT_EQ(provider_->sent.back(), "quick2");
}

TEST_F(ProvidersTest, AClockThatIsSetBackDoesNotStretchAPause) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Transient{.answer = "451"});
  ASSERT_TRUE(told("n1 1 deferred"));
  scheduler_.set_wall_clock(-24h);
  scheduler_.advance(10s);
  EXPECT_TRUE(open_attempts(1));
}

}  // namespace
}  // namespace vestnik::delivery
