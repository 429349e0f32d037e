#include "simulation/simulation.h"

#include <gtest/gtest.h>

#include "base/logging.h"

namespace vestnik::simulation {
namespace {

class SimulationTest : public testing::Test {
 protected:
  SimulationTest() { logging::configure("error", true); }
};

TEST_F(SimulationTest, TheSameSeedGivesTheSameTrace) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Report first = run({.seed = seed, .steps = 2000}), second = run({.seed = seed, .steps = 2000});
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.steps, second.steps) << "seed " << seed;
  }
}

TEST_F(SimulationTest, SeedsDiffer) {
  EXPECT_NE(run({.seed = 1, .steps = 500}).trace_hash, run({.seed = 2, .steps = 500}).trace_hash);
}

// A short look under whatever this test is built with (sanitizers too); `make sim` is the long one.
TEST_F(SimulationTest, AFewSeedsAreClean) {
  Report total;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Report report = run({.seed = seed, .steps = 2000});
    ASSERT_FALSE(report.violation) << "seed " << seed << ": " << report.violation->invariant << ": "
                                   << report.violation->text;
    total.accepted += report.accepted;
    total.taken += report.taken;
    total.copies += report.copies;
  }
  // It is no simulation of an idle system, nor of a world without faults.
  EXPECT_GT(total.accepted, 1000U);
  EXPECT_GT(total.taken, 1000U);
  EXPECT_GT(total.copies, 0U);
}

}  // namespace
}  // namespace vestnik::simulation
