// Part of contract_test.h: receipts.
#pragma once

#include "store/contract_test.h"

namespace vestnik::store {

TEST_P(StoreContract, AReceiptDeliversOnce) {
  const Notification n = submitted(ledger(), 1, {"m1"});
  const std::vector<Step> steps = received(ledger(), {receipt("m1"), receipt("m1")});
  ASSERT_EQ(steps.size(), 1U);
  Step expected = a_step(n, StepKind::delivered, 1, after(1000));
  expected.answer = "stat:" + awkward_text;
  EXPECT_EQ(steps[0], expected);
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::delivered);
  EXPECT_EQ(found(ledger(), n.id)->updated_at, after(1000));
  EXPECT_TRUE(received(ledger(), {receipt("m1")}).empty()) << "twice";
  EXPECT_TRUE(received(ledger(), {receipt("m1", Receipt::Status::failed)}).empty()) << "forward only";
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::delivered);
  reopen();
  ASSERT_EQ(untold(ledger()).size(), 3U);
  EXPECT_EQ(untold(ledger())[2], expected);
}

TEST_P(StoreContract, AFailedReceiptBounces) {
  const Notification n = submitted(ledger(), 1, {"m1"});
  const std::vector<Step> steps = received(ledger(), {receipt("m1", Receipt::Status::failed)});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].kind, StepKind::bounced);
  EXPECT_TRUE(received(ledger(), {receipt("m1")}).empty());
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::bounced);
}

TEST_P(StoreContract, EveryPartMustArrive) {
  const Notification n = submitted(ledger(), 1, {"p1", "p2", "p3"});
  EXPECT_TRUE(received(ledger(), {receipt("p1"), receipt("p3")}).empty());
  EXPECT_TRUE(received(ledger(), {receipt("p1")}).empty());
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::sent);
  const std::vector<Step> steps =
      received(ledger(), {receipt("p2", Receipt::Status::delivered, after(3000))});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].kind, StepKind::delivered);
  EXPECT_EQ(steps[0].at, after(3000));
}

TEST_P(StoreContract, OneFailedPartIsEnough) {
  const Notification n = submitted(ledger(), 1, {"p1", "p2"});
  EXPECT_EQ(received(ledger(), {receipt("p2", Receipt::Status::failed)}).size(), 1U);
  EXPECT_TRUE(received(ledger(), {receipt("p1")}).empty());
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::bounced);
}

TEST_P(StoreContract, AnEarlyReceiptWaitsForItsSubmit) {
  EXPECT_TRUE(received(ledger(), {receipt("p1"), receipt("p1", Receipt::Status::failed)}).empty());
  reopen();
  const Notification n = a_notification(1), other = a_notification(2);
  admitted(ledger(), {{n, owner_now}, {other, owner_now}});
  begun(ledger(), {start(n, 1), start(other, 1)});
  const Ledger::Recorded both = recorded(ledger(), {sent(other, 1, {"q1"}), sent(n, 1, {"p1"})});
  EXPECT_EQ(both.applied, (std::vector{true, true}));
  ASSERT_EQ(both.receipt_steps.size(), 1U);
  EXPECT_EQ(both.receipt_steps[0].notification_id, n.id);
  EXPECT_EQ(both.receipt_steps[0].kind, StepKind::delivered);
  EXPECT_EQ(both.receipt_steps[0].attempt, 1);
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::delivered);
  EXPECT_EQ(found(ledger(), other.id)->state, DeliveryState::sent);
  EXPECT_EQ(untold(ledger()).size(), 5U);
}

TEST_P(StoreContract, AnEarlyReceiptOfOnePartCounts) {
  EXPECT_TRUE(received(ledger(), {receipt("p2")}).empty());
  const Notification n = a_notification(1);
  admitted(ledger(), {{n, owner_now}});
  begun(ledger(), {start(n, 1)});
  EXPECT_TRUE(recorded(ledger(), {sent(n, 1, {"p1", "p2"})}).receipt_steps.empty());
  EXPECT_EQ(received(ledger(), {receipt("p1")}).size(), 1U);
}

TEST_P(StoreContract, AnEarlyReceiptIsKeptSevenDays) {
  clock().set(t0);
  received(ledger(), {receipt("old")});
  clock().set(t0 + std::chrono::days(7) - std::chrono::minutes(1));
  received(ledger(), {receipt("new")});
  clock().set(t0 + std::chrono::days(7) + std::chrono::minutes(1));
  received(ledger(), {receipt("newer")});
  const Notification a = a_notification(1), b = a_notification(2);
  admitted(ledger(), {{a, owner_now}, {b, owner_now}});
  begun(ledger(), {start(a, 1), start(b, 1)});
  const auto steps = recorded(ledger(), {sent(a, 1, {"old"}), sent(b, 1, {"new"})}).receipt_steps;
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].notification_id, b.id);
}

TEST_P(StoreContract, AReceiptOfAnotherProviderIsAnother) {
  const Notification n = submitted(ledger(), 1, {"m1"});
  Receipt foreign = receipt("m1");
  foreign.provider = "smpp";
  EXPECT_TRUE(received(ledger(), {foreign}).empty());
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::sent);
}

TEST_P(StoreContract, AMessageIdUsedAgainMeansTheLaterSubmit) {
  const Notification first = submitted(ledger(), 1, {"m1"});
  received(ledger(), {receipt("m1")});
  const Notification second = submitted(ledger(), 2, {"m1"});
  EXPECT_EQ(found(ledger(), second.id)->state, DeliveryState::sent);
  const std::vector<Step> steps = received(ledger(), {receipt("m1")});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].notification_id, second.id);
}

TEST_P(StoreContract, IdsOfWhatWasNotRecordedMeanNothing) {
  const Notification n = submitted(ledger(), 1, {"m1"});
  EXPECT_EQ(recorded(ledger(), {sent(n, 1, {"m2"})}).applied, std::vector{false});
  EXPECT_TRUE(received(ledger(), {receipt("m2")}).empty());
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::sent);
  // Empty and repeated ids are a provider's habit, not parts.
  const Notification odd = submitted(ledger(), 2, {"", "x", "x"});
  EXPECT_EQ(received(ledger(), {receipt("x")}).size(), 1U);
  EXPECT_EQ(found(ledger(), odd.id)->state, DeliveryState::delivered);
}

TEST_P(StoreContract, SeveralHundredReceipts) {
  constexpr int count = 400;
  std::vector<Admission> batch;
  std::vector<AttemptStart> starts;
  std::vector<Transition> ends;
  std::vector<Receipt> receipts;
  for (int i = 0; i < count; ++i) {
    const Notification n = a_notification(i);
    batch.push_back({n, owner_now});
    starts.push_back(start(n, 1));
    ends.push_back(sent(n, 1, {fmt::format("a{}", i), awkward_text + std::to_string(i)}));
    receipts.push_back(receipt(fmt::format("a{}", i)));
    receipts.push_back(receipt(awkward_text + std::to_string(i)));
  }
  admitted(ledger(), batch);
  begun(ledger(), starts);
  const std::vector<Receipt> early(receipts.begin(), receipts.begin() + count);
  const std::vector<Receipt> late(receipts.begin() + count, receipts.end());
  EXPECT_TRUE(received(ledger(), early).empty());
  EXPECT_EQ(recorded(ledger(), ends).receipt_steps.size(), 200U);
  EXPECT_EQ(received(ledger(), late).size(), 200U);
}

// The submit is recorded and its receipt arrives at the same moment, in any order: it always counts, and
// once.
TEST_P(StoreContract, ReceiptsRacingTheirSubmit) {
  constexpr int rounds = 40;
  for (int i = 0; i < rounds; ++i) {
    const Notification n = a_notification(i);
    admitted(ledger(), {{n, owner_now}});
    begun(ledger(), {start(n, 1)});
    const std::string part = fmt::format("r{}", i), other = fmt::format("s{}", i);
    auto record =
        std::async(std::launch::async, [&] { return recorded(ledger(), {sent(n, 1, {part, other})}); });
    auto one = std::async(std::launch::async, [&] { return received(ledger(), {receipt(part)}); });
    auto two = std::async(std::launch::async, [&] { return received(ledger(), {receipt(other)}); });
    EXPECT_EQ(record.get().receipt_steps.size() + one.get().size() + two.get().size(), 1U);
    EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::delivered);
  }
}

}  // namespace vestnik::store
