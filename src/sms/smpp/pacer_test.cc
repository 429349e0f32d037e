#include "sms/smpp/pacer.h"

#include <gtest/gtest.h>

namespace vestnik::sms::smpp {
namespace {

using namespace std::chrono_literals;

const SteadyTime start = SteadyTime(1h);

// Sends whatever is allowed for `time`, in steps of 1 ms; every submit is accepted.
int send_for(Pacer& pacer, SteadyTime& now, std::chrono::milliseconds time) {
  int sent = 0;
  for (const SteadyTime end = now + time; now < end; now += 1ms) {
    for (std::size_t left = std::min<std::size_t>(pacer.allowance(now), 1000); left > 0; --left, ++sent) {
      pacer.spend(now);
      pacer.accepted(now);
    }
  }
  return sent;
}

TEST(Pacer, UnlimitedUntilThrottled) {
  Pacer pacer;
  EXPECT_FALSE(pacer.limited());
  EXPECT_GT(pacer.allowance(start), 1'000'000u);
  EXPECT_EQ(pacer.next_allowance(start), start);
}

TEST(Pacer, AThrottledAnswerHoldsAndThenLowersTheRate) {
  Pacer pacer;
  SteadyTime now = start;
  for (int i = 0; i < 100; ++i) pacer.accepted(now += 10ms);  // 100 a second
  pacer.throttled(now);
  EXPECT_EQ(pacer.allowance(now), 0u);
  EXPECT_EQ(pacer.allowance(now + Pacer::hold - 1ms), 0u);
  EXPECT_EQ(pacer.next_allowance(now), now + Pacer::hold);
  now += Pacer::hold;
  const int sent = send_for(pacer, now, 1000ms);
  EXPECT_GE(sent, 70);
  EXPECT_LE(sent, 90);
}

TEST(Pacer, ABurstOfThrottledAnswersCutsOnce) {
  Pacer pacer;
  SteadyTime now = start;
  for (int i = 0; i < 100; ++i) pacer.accepted(now += 10ms);
  for (int i = 0; i < 100; ++i) pacer.throttled(now + i * 1ms);
  EXPECT_EQ(pacer.next_allowance(now), now + Pacer::hold);
  now += Pacer::hold;
  EXPECT_GE(send_for(pacer, now, 1000ms), 70);
}

TEST(Pacer, ThrottledFromTheFirstSubmitLeavesTheSlowestRate) {
  Pacer pacer;
  SteadyTime now = start;
  pacer.throttled(now);
  now += Pacer::hold;
  EXPECT_EQ(pacer.allowance(now), 1u);
  pacer.spend(now);
  EXPECT_EQ(pacer.allowance(now), 0u);
  EXPECT_EQ(pacer.allowance(pacer.next_allowance(now)), 1u);
}

TEST(Pacer, GrowsUntilNoLimitIsLeft) {
  Pacer pacer;
  SteadyTime now = start;
  pacer.throttled(now);
  now += Pacer::hold;
  const int first = send_for(pacer, now, 1000ms);
  send_for(pacer, now, 5s);
  EXPECT_GT(send_for(pacer, now, 1000ms), 5 * first);
  pacer.allowance(now + 120s);
  EXPECT_FALSE(pacer.limited());
}

TEST(Pacer, GrowsSlowlyAroundWhereThePeerSaidNo) {
  Pacer pacer;
  SteadyTime now = start;
  for (int i = 0; i < 100; ++i) pacer.accepted(now += 10ms);
  pacer.throttled(now);
  now += Pacer::hold;
  send_for(pacer, now, 3s);
  const int sent = send_for(pacer, now, 1000ms);
  EXPECT_GE(sent, 85);
  EXPECT_LE(sent, 110);
}

TEST(Pacer, ThrottledAgainAfterTheHoldCutsFurther) {
  Pacer pacer;
  SteadyTime now = start;
  for (int i = 0; i < 100; ++i) pacer.accepted(now += 10ms);
  pacer.throttled(now);
  now += Pacer::hold;
  const int before = send_for(pacer, now, 1000ms);
  pacer.throttled(now);
  now += Pacer::hold;
  EXPECT_LT(send_for(pacer, now, 1000ms), before);
}

}  // namespace
}  // namespace vestnik::sms::smpp
