// Where ledger and providers are quick: what is new comes into the ledger with its first attempt.
#include <gmock/gmock.h>

#include "delivery/test_fixture.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using testing::ElementsAre;
using Failing = FailingLedger::Failing;

class ArrivalsTest : public EngineTest {
 protected:
  explicit ArrivalsTest(bool log_joins = false) : EngineTest(log_joins) {
    ledger_->begins_what_is_new = true;
    restart();
    scheduler_.run();
  }
  bool is_in_ledger(const std::string& id) { return row(id).state != DeliveryState::suppressed; }
  std::vector<Notification> many(int count) {
    std::vector<Notification> notifications;
    for (int i = 1; i <= count; ++i)
      notifications.push_back(notification("n" + std::to_string(i), "user_" + std::to_string(i)));
    return notifications;
  }
};

TEST_F(ArrivalsTest, ItNeedsNoAdmissionOfItsOwn) {
  ledger_->admit_failing = Failing::before;
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_EQ(row("n1").state, DeliveryState::sending) << "durable before the provider has it";
  ASSERT_TRUE(nothing_to_redeliver());
  provider_->answer(Sent{.answer = "250 Ok"});
  ASSERT_TRUE(told("n1 1 sent"));
  EXPECT_THAT(reader_->told, ElementsAre("n1 1 sending", "n1 1 sent"));
}

TEST_F(ArrivalsTest, ItsOffsetIsHeldUntilItIsThere) {
  ledger_->begin_failing = Failing::before;
  plan({notification("n1")});
  scheduler_.run_until([] { return false; }, 1s);
  EXPECT_TRUE(provider_->sent.empty());
  EXPECT_FALSE(nothing_to_redeliver(1s));
  ledger_->begin_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 10ms));
  ASSERT_TRUE(nothing_to_redeliver());
}

TEST_F(ArrivalsTest, OneThatMayBeWrittenIsSettledAndSentOnce) {
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
    ASSERT_TRUE(nothing_to_redeliver());
  }
  EXPECT_THAT(provider_->sent, ElementsAre("before", "after"));
}

TEST_F(ArrivalsTest, WhatIsKnownIsNotBegunAgain) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Sent{.answer = "250 Ok"});
  ASSERT_TRUE(told("n1 1 sent"));
  plan({notification("n1"), notification("n2", "user_2"), notification("n2", "user_2")});
  ASSERT_TRUE(nothing_to_redeliver());
  ASSERT_TRUE(open_attempts(1));
  EXPECT_THAT(provider_->sent, ElementsAre("n1", "n2"));
}

TEST_F(ArrivalsTest, WhatFindsNoRoomForAWhileWaitsInTheLedger) {
  provider_->slots = 1;
  plan(many(5));
  ASSERT_TRUE(told("n3 1 sending")) << "two rounds ahead";
  scheduler_.run();
  EXPECT_FALSE(is_in_ledger("n4"));
  EXPECT_FALSE(nothing_to_redeliver(1s));
  scheduler_.advance(500ms);
  ASSERT_TRUE(nothing_to_redeliver());
  EXPECT_EQ(row("n5").state, DeliveryState::pending);
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(open_attempts(1)) << i;
    provider_->answer(Sent{.answer = "250"});
  }
  EXPECT_THAT(provider_->sent, ElementsAre("n1", "n2", "n3", "n4", "n5"));
}

TEST_F(ArrivalsTest, OneUsersNotificationsGoInTheOrderAccepted) {
  plan({notification("a1", "anna"), notification("a2", "anna"), notification("b1", "boris")});
  ASSERT_TRUE(open_attempts(2));
  EXPECT_EQ(row("a2").state, DeliveryState::pending) << "its offset waits for nobody's attempt";
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(scheduler_.run_until([&] { return provider_->sent.size() == 3; }));
  EXPECT_EQ(provider_->sent.front(), "a1");
}

TEST_F(ArrivalsTest, WhatFollowsForTheUserIsNotInTheLedgerBeforeIt) {
  ledger_->begin_failing = Failing::before;
  plan({notification("a1", "anna"), notification("a2", "anna"), notification("b1", "boris")});
  ASSERT_TRUE(scheduler_.run_until([&] { return ledger_->begin_new_calls > 0; }));
  for (int i = 0; i < 20; ++i) {
    scheduler_.run();
    scheduler_.advance(100ms);
  }
  EXPECT_FALSE(is_in_ledger("a2")) << "after a crash it would be the first";
  ledger_->begin_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 2; }, 10ms));
  EXPECT_EQ(provider_->sent.front(), "a1");
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(scheduler_.run_until([&] { return provider_->sent.size() == 3; }));
  EXPECT_EQ(provider_->sent.back(), "a2");
}

TEST_F(ArrivalsTest, WhatIsForLaterOrTooLateOrLimitedIsAdmittedFirst) {
  Notification later = notification("later", "user_1"), late = notification("late", "user_2"),
               limited = notification("limited", "user_3");
  later.send_at = scheduler_.clock().now() + 1h;
  late.expires_at = scheduler_.clock().now() - 1s;
  limited.recipient_limit = Limit{5, 1h};
  plan({later, late, limited});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_THAT(provider_->sent, ElementsAre("limited"));
  ASSERT_TRUE(told("late 0 expired"));
  EXPECT_EQ(row("later").state, DeliveryState::pending);
}

TEST_F(ArrivalsTest, WhatWaitsWhenThePartitionGoesIsTheNextOwners) {
  provider_->slots = 1;
  plan(many(5));
  ASSERT_TRUE(told("n3 1 sending"));
  scheduler_.run();
  bool released = false;
  engine_->on_revoked({{"notification-events", 0}}, [&] { released = true; });
  EXPECT_FALSE(released) << "n1 is open";
  provider_->answer(Sent{.answer = "250"});
  EXPECT_TRUE(scheduler_.advance_until([&] { return released; }, 10ms));
  EXPECT_FALSE(is_in_ledger("n4"));
  restart();
  provider_->slots = 5;
  provider_->capacity_call();
  ASSERT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 4; }, 10ms));
  EXPECT_THAT(provider_->sent, testing::UnorderedElementsAre("n2", "n3", "n4", "n5"));
}

TEST_F(ArrivalsTest, ANewerEpochIsFoundOut) {
  std::promise<bool> claimed;
  store_->ledger().claim(Channel::email, {{0, std::int64_t{1} << 60}},
                         [&](auto result) { claimed.set_value(result.has_value()); });
  ASSERT_TRUE(claimed.get_future().get());
  plan({notification("n1")});
  ASSERT_TRUE(nothing_to_redeliver());
  EXPECT_TRUE(provider_->sent.empty());
  EXPECT_EQ(row("n1").state, DeliveryState::pending);
}

TEST_F(ArrivalsTest, AfterACrashItIsInDoubt) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  crash();
  ASSERT_TRUE(open_attempts(1));
  EXPECT_EQ(provider_->open[0].attempt.number, 2);
  ASSERT_TRUE(told("n1 1 in_doubt"));
}

class OneFileArrivalsTest : public ArrivalsTest {
 protected:
  OneFileArrivalsTest() : ArrivalsTest(true) {}
};

TEST_F(OneFileArrivalsTest, TheContentIsInTheLogAlone) {
  const std::string long_text(2000, 'x');
  std::vector<Notification> notifications = many(20);
  for (Notification& n : notifications) n.html = "<p>" + n.id.value + long_text;
  plan(notifications);
  ASSERT_TRUE(open_attempts(20));
  EXPECT_EQ(copied_contents(), 0);
  EXPECT_EQ(row("n7").notification.html, "<p>n7" + long_text);

  crash();
  ASSERT_TRUE(open_attempts(20));
  for (const auto& open : provider_->open) {
    const Notification& n = *open.attempt.notification;
    EXPECT_EQ(open.attempt.number, 2);
    EXPECT_EQ(n.html, "<p>" + n.id.value + long_text);
    EXPECT_EQ(n.to, "anna@example.org");
  }
  provider_->answer(Sent{.answer = "250"});
  ASSERT_TRUE(
      scheduler_.run_until([&] { return row(provider_->sent.front()).state == DeliveryState::sent; }));
  EXPECT_EQ(row(provider_->sent.front()).notification.html, "") << "no longer kept for it";
}

}  // namespace
}  // namespace vestnik::delivery
