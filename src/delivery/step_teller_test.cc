// Steps where log and ledger are one file: they are appended in the ledger's own transactions.
#include "delivery/step_teller.h"

#include <gmock/gmock.h>

#include "delivery/test_fixture.h"

namespace vestnik::delivery {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using testing::ElementsAre;
using testing::IsEmpty;
using Failing = FailingLedger::Failing;

class OneFileTest : public EngineTest {
 protected:
  OneFileTest() : EngineTest(true) {}

  std::vector<Step> outbox() {
    std::promise<std::vector<Step>> steps;
    store_->ledger().untold(Channel::email, {0}, 100,
                            [&](auto result) { steps.set_value(std::move(result.value())); });
    return steps.get_future().get();
  }
};

TEST_F(OneFileTest, StepsAreToldOnceAndNeverInTheOutbox) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_THAT(outbox(), IsEmpty());
  ASSERT_TRUE(told("n1 1 sending"));
  provider_->answer(Transient{.answer = "451 later"});
  ASSERT_TRUE(told("n1 1 deferred"));
  scheduler_.advance(1s);
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Permanent{.answer = "550 no"});
  ASSERT_TRUE(told("n1 2 dead"));
  EXPECT_THAT(outbox(), IsEmpty());
  EXPECT_EQ(amend("n1", store::Decision::retry), store::Amended::Kind::done);
  engine_->look();
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Sent{});
  ASSERT_TRUE(told("n1 3 sent"));
  EXPECT_THAT(reader_->told, ElementsAre("n1 1 sending", "n1 1 deferred", "n1 2 sending", "n1 2 dead",
                                         "n1 2 retried", "n1 3 sending", "n1 3 sent"));
}

TEST_F(OneFileTest, ReceiptsAreToldToo) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Sent{.answer = "Ok", .message_ids = {"m1"}});
  ASSERT_TRUE(told("n1 1 sent"));
  provider_->receipt_call({.message_id = "m1", .at = scheduler_.clock().now()}, [] {});
  ASSERT_TRUE(told("n1 1 delivered"));
  EXPECT_THAT(outbox(), IsEmpty());
}

TEST_F(OneFileTest, AnAnswerThatWasLostTellsNothingTwice) {
  ledger_->begin_failing = Failing::after;
  plan({notification("n1")});
  ASSERT_TRUE(told("n1 1 sending"));
  ledger_->begin_failing = Failing::no;
  scheduler_.advance(1s);
  ASSERT_TRUE(open_attempts(1));
  ledger_->record_failing = Failing::after;
  provider_->answer(Sent{});
  ASSERT_TRUE(told("n1 1 sent"));
  ledger_->record_failing = Failing::no;
  scheduler_.advance(1s);
  EXPECT_THAT(reader_->told, ElementsAre("n1 1 sending", "n1 1 sent"));
}

// What such a ledger has in its outbox all the same: of a time when nobody told it how to append.
TEST_F(OneFileTest, WhatIsInTheOutboxIsTold) {
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  provider_->answer(Permanent{.answer = "550 no"});
  ASSERT_TRUE(told("n1 1 dead"));
  engine_.reset();
  EXPECT_EQ(amend("n1", store::Decision::discard), store::Amended::Kind::done);
  EXPECT_EQ(outbox().size(), 1u);
  start_engine();
  ASSERT_TRUE(told("n1 1 discarded"));
}

TEST_F(OneFileTest, WhatTheLogDoesNotTakeIsInTheOutbox) {
  ASSERT_TRUE(store_->ledger().append_steps_by(Channel::email, [](auto, auto ended) { ended(false); }));
  plan({notification("n1")});
  ASSERT_TRUE(open_attempts(1));
  EXPECT_EQ(outbox().size(), 1u);
  engine_->look();
  ASSERT_TRUE(told("n1 1 sending"));
}

}  // namespace
}  // namespace vestnik::delivery
