// What the simulation has found: partitions that go and come back, answers that are lost and clocks that are
// set, in the moment where an admission, a read or a begin is under way.
#include <gmock/gmock.h>

#include "delivery/test_fixture.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using testing::ElementsAre;
using Failing = FailingLedger::Failing;

class OrderTest : public EngineTest {
 protected:
  // Taken away from us, and given back under a newer epoch.
  void partition_goes_and_comes_back() {
    const std::vector<log::TopicPartition> all{{"notification-events", 0}};
    engine_->on_revoked(all, [] {});
    engine_->on_assigned(all, std::int64_t{1} << 40);
  }
};

TEST_F(OrderTest, AnAdmissionWhoseAnswerWasLostKeepsItsPlace) {
  ledger_->admit_failing = Failing::after;
  plan({notification("n1")});
  ASSERT_TRUE(scheduler_.run_until([&] { return row("n1").state == DeliveryState::pending; }));
  scheduler_.run();
  ledger_->admit_failing = Failing::no;
  plan({notification("n2")});
  ASSERT_TRUE(scheduler_.advance_until([&] { return !provider_->open.empty(); }, 10ms));
  EXPECT_THAT(provider_->sent, ElementsAre("n1"));
}

TEST_F(OrderTest, WhatIsAdmittedRightAfterTheClockWasSetIsDueAtOnce) {
  plan({notification("before")});
  ASSERT_TRUE(open_attempts(1));
  scheduler_.set_wall_clock(1h);
  plan({notification("n1", "user_2")});
  EXPECT_TRUE(open_attempts(2));
}

TEST_F(OrderTest, WhatWasReadWhileTheClockWasSetBackIsDueAtOnce) {
  provider_->slots = 0;
  plan({notification("n1")});
  ASSERT_TRUE(nothing_to_redeliver());
  engine_.reset();
  ledger_->hold_due = true;
  start_engine();
  ASSERT_TRUE(scheduler_.run_until([&] { return ledger_->is_due_held(); }));
  scheduler_.set_wall_clock(-24h);
  ledger_->release_due();
  EXPECT_TRUE(open_attempts(1));
}

TEST_F(OrderTest, ABeginRefusedSinceThePartitionCameBackIsMadeAgain) {
  ledger_->begin_failing = Failing::before;
  plan({notification("n1"), notification("n2")});
  ASSERT_TRUE(nothing_to_redeliver());
  scheduler_.run();
  partition_goes_and_comes_back();
  ASSERT_TRUE(scheduler_.run_until([&] { return row("n1").owner.epoch == std::int64_t{1} << 40; }));
  ledger_->begin_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return !provider_->open.empty(); }, 10ms));
  EXPECT_THAT(provider_->sent, ElementsAre("n1"));
}

TEST_F(OrderTest, ABeginWrittenBeforeThePartitionCameBackIsInDoubt) {
  ledger_->begin_failing = Failing::after;
  plan({notification("n1")});
  ASSERT_TRUE(scheduler_.run_until([&] { return row("n1").state == DeliveryState::sending; }));
  partition_goes_and_comes_back();
  ASSERT_TRUE(scheduler_.run_until([&] { return row("n1").owner.epoch == std::int64_t{1} << 40; }));
  ledger_->begin_failing = Failing::no;
  ASSERT_TRUE(scheduler_.advance_until([&] { return !provider_->open.empty(); }, 10ms));
  EXPECT_EQ(provider_->open[0].attempt.number, 2);
  EXPECT_TRUE(told("n1 1 in_doubt"));
}

TEST_F(OrderTest, AnEndThatIsNotAppliedGivesItsRoomBackOnce) {
  provider_->slots = 1;
  Notification soon_late = notification("n1");
  soon_late.expires_at = scheduler_.clock().now() + 50ms;
  plan({soon_late});
  ASSERT_TRUE(open_attempts(1));
  // By another owner, who had it meanwhile.
  std::promise<bool> ended;
  store_->ledger().record({{.owner = row("n1").owner,
                            .step = {.notification_id = {"n1"},
                                     .user_id = {"user_1"},
                                     .event_id = {"event-n1"},
                                     .channel = Channel::email,
                                     .kind = StepKind::sent,
                                     .attempt = 1,
                                     .provider = "scripted",
                                     .at = scheduler_.clock().now()},
                            .to = DeliveryState::sent}},
                          [&](auto result) { ended.set_value(result.value().applied.front()); });
  ASSERT_TRUE(ended.get_future().get());
  partition_goes_and_comes_back();
  scheduler_.run();
  scheduler_.advance(1s);
  provider_->answer(Transient{.answer = "451 later"});
  plan({notification("n2", "user_2")});
  EXPECT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 1; }, 10ms));
}

TEST_F(OrderTest, WhatIsForLaterAndTooMuchForMemoryIsNotReadWithoutEnd) {
  held_max_ = 4;
  restart();
  std::vector<Notification> later;
  for (int i = 0; i < 10; ++i) {
    later.push_back(notification("n" + std::to_string(i), "user_" + std::to_string(i)));
    later.back().send_at = scheduler_.clock().now() + 60s;
  }
  plan(std::move(later));
  ASSERT_TRUE(nothing_to_redeliver());
  scheduler_.run_until([] { return false; }, 1s);
  EXPECT_LT(ledger_->due_calls, 10);
  EXPECT_TRUE(scheduler_.advance_until([&] { return provider_->open.size() == 10; }, 100ms));
}

TEST_F(OrderTest, APartitionIsLetGoOnceItsAdmissionsAreThere) {
  ledger_->admit_failing = Failing::before;
  plan({notification("n1")});
  scheduler_.run_until([] { return false; }, 1s);
  bool released = false;
  engine_->on_revoked({{"notification-events", 0}}, [&] { released = true; });
  EXPECT_FALSE(released);
  ledger_->admit_failing = Failing::no;
  EXPECT_TRUE(scheduler_.advance_until([&] { return released; }, 10ms));
  EXPECT_EQ(row("n1").state, DeliveryState::pending);
}

}  // namespace
}  // namespace vestnik::delivery
