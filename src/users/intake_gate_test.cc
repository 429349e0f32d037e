#include "users/intake_gate.h"

#include <gtest/gtest.h>

namespace vestnik::users {
namespace {

TEST(IntakeGate, IsOpenOnceEachReasonIsGone) {
  IntakeGate gate;
  EXPECT_FALSE(gate.closed());
  gate.open(IntakeStop::disk);
  EXPECT_FALSE(gate.closed());
  gate.close(IntakeStop::lag, "behind");
  gate.close(IntakeStop::disk, "full");
  gate.close(IntakeStop::disk, "fuller");
  EXPECT_EQ(gate.closed()->stop, IntakeStop::disk);
  EXPECT_EQ(gate.closed()->detail, "fuller");
  gate.open(IntakeStop::disk);
  EXPECT_EQ(gate.closed()->stop, IntakeStop::lag);
  gate.open(IntakeStop::lag);
  EXPECT_FALSE(gate.closed());
}

}  // namespace
}  // namespace vestnik::users
