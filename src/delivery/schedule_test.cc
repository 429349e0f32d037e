#include "delivery/schedule.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace vestnik::delivery {
namespace {

Held held(std::string id, std::string user, std::int64_t due_us, std::int32_t partition = 0) {
  Notification n;
  n.id = {std::move(id)};
  n.user_id = {std::move(user)};
  return Held{.notification = std::make_shared<Notification>(std::move(n)),
              .owner = {partition, 1},
              .due_at = from_unix_us(due_us)};
}

std::vector<std::string> ids(const std::vector<Held>& taken) {
  std::vector<std::string> result;
  for (const Held& h : taken) result.push_back(h.notification->id.value);
  return result;
}

using Ids = std::vector<std::string>;

TEST(Schedule, TakesWhatIsDueOldestFirst) {
  Schedule schedule;
  schedule.add(held("late", "u1", 30));
  schedule.add(held("early", "u2", 10));
  schedule.add(held("later", "u3", 99));
  EXPECT_EQ(schedule.next_due(), from_unix_us(10));
  EXPECT_EQ(ids(schedule.take(from_unix_us(50), 10)), (Ids{"early", "late"}));
  EXPECT_EQ(schedule.next_due(), from_unix_us(99));
}

TEST(Schedule, OneUsersNotificationsGoInOrderOneAtATime) {
  Schedule schedule;
  schedule.add(held("a1", "anna", 10));
  schedule.add(held("a2", "anna", 10));
  schedule.add(held("a3", "anna", 10));
  schedule.add(held("b1", "boris", 10));
  auto first = schedule.take(from_unix_us(10), 10);
  EXPECT_EQ(ids(first), (Ids{"a1", "b1"}));
  EXPECT_TRUE(schedule.take(from_unix_us(10), 10).empty());
  schedule.finished(first[0]);
  EXPECT_EQ(ids(schedule.take(from_unix_us(10), 10)), (Ids{"a2"}));
}

TEST(Schedule, TheSameNotificationIsHeldOnce) {
  Schedule schedule;
  EXPECT_TRUE(schedule.add(held("a", "u", 10)));
  EXPECT_FALSE(schedule.add(held("a", "u", 10)));
  auto taken = schedule.take(from_unix_us(10), 1);
  EXPECT_FALSE(schedule.add(held("a", "u", 10))) << "its attempt is open";
  schedule.finished(taken[0]);
  EXPECT_TRUE(schedule.add(held("a", "u", 10)));
}

TEST(Schedule, DropForgetsHeldAndWaitingOnesOfAPartition) {
  Schedule schedule;
  schedule.add(held("p1-open", "u", 10, 1));
  schedule.add(held("p1-waiting", "u", 10, 1));
  schedule.add(held("p1-held", "v", 99, 1));
  schedule.add(held("p2-held", "w", 99, 2));
  auto open = schedule.take(from_unix_us(10), 9);
  EXPECT_TRUE(schedule.take(from_unix_us(10), 9).empty());
  schedule.drop([](std::int32_t partition) { return partition == 1; });
  EXPECT_EQ(schedule.size(), 2u) << "the open one and that of partition 2";
  schedule.finished(open[0]);
  EXPECT_EQ(ids(schedule.take(from_unix_us(100), 9)), (Ids{"p2-held"}));
}

TEST(Schedule, WhatIsPutBackKeepsItsPlace) {
  Schedule schedule;
  schedule.add(held("a1", "anna", 10));
  schedule.add(held("b1", "boris", 10));
  auto taken = schedule.take(from_unix_us(10), 1);
  schedule.finished(taken[0]);
  schedule.add(std::move(taken[0]));
  EXPECT_EQ(ids(schedule.take(from_unix_us(10), 10)), (Ids{"a1", "b1"}));
}

TEST(Schedule, AUserIsBusyUntilTheLastOpenAttemptHasEnded) {
  Schedule schedule;
  Held left = held("left", "anna", 1), left_too = held("left too", "anna", 2);
  schedule.taken_over(left);
  schedule.taken_over(left_too);
  schedule.add(held("next", "anna", 3));
  EXPECT_TRUE(schedule.take(from_unix_us(10), 10).empty());
  schedule.finished(left);
  EXPECT_TRUE(schedule.take(from_unix_us(10), 10).empty()) << "the other one is open";
  schedule.finished(left_too);
  EXPECT_EQ(ids(schedule.take(from_unix_us(10), 10)), (Ids{"next"}));
}

TEST(Schedule, AClockThatIsSetBackKeepsNobodyWaitingForHisTurn) {
  Schedule schedule;
  schedule.add(held("open", "anna", 9'000));
  schedule.add(held("waiting", "anna", 9'000));
  const auto open = schedule.take(from_unix_us(9'000), 10);
  EXPECT_TRUE(schedule.take(from_unix_us(9'000), 10).empty());
  schedule.clock_was_set(std::chrono::microseconds(-8'000));
  schedule.finished(open[0]);
  EXPECT_EQ(ids(schedule.take(from_unix_us(1'000), 10)), (Ids{"waiting"}));
}

TEST(Schedule, ForgetsWhatIsForLater) {
  Schedule schedule;
  schedule.add(held("now", "u1", 10));
  schedule.add(held("soon", "u2", 20));
  schedule.add(held("late", "u3", 99));
  schedule.forget_after(from_unix_us(20));
  EXPECT_EQ(schedule.size(), 2u);
  EXPECT_TRUE(schedule.add(held("late", "u3", 99)));
}

TEST(Schedule, AClockThatIsSetMovesPausesButNotAppointments) {
  Schedule schedule;
  schedule.add(held("pause", "u1", 1'000));
  Notification n;
  n.id = {"appointment"};
  n.user_id = {"u2"};
  n.send_at = from_unix_us(2'000);
  schedule.add(Held{.notification = std::make_shared<Notification>(n), .due_at = from_unix_us(2'000)});
  schedule.clock_was_set(std::chrono::microseconds(5'000));
  EXPECT_EQ(ids(schedule.take(from_unix_us(5'999), 10)), (Ids{"appointment"}));
  EXPECT_EQ(ids(schedule.take(from_unix_us(6'000), 10)), (Ids{"pause"}));
}

TEST(Schedule, KnowsWhatItHoldsInBytes) {
  Schedule schedule;
  schedule.add(held("small", "u1", 10));
  const std::size_t small = schedule.bytes();
  Notification n;
  n.id = {"large"};
  n.user_id = {"u2"};
  n.html = std::string(100'000, 'x');
  schedule.add(Held{.notification = std::make_shared<Notification>(n), .due_at = from_unix_us(20)});
  EXPECT_GE(schedule.bytes(), small + 100'000);
  schedule.forget_after(from_unix_us(10));
  EXPECT_EQ(schedule.bytes(), small);
  schedule.finished(schedule.take(from_unix_us(10), 1).at(0));
  EXPECT_EQ(schedule.bytes(), 0u);
}

}  // namespace
}  // namespace vestnik::delivery
