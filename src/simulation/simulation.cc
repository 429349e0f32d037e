#include "simulation/simulation.h"

#include "simulation/system.h"

namespace vestnik::simulation {
namespace {

// Backoffs, expiries and a day's clock jump are over by then.
constexpr Duration rest_max = 30h;
constexpr std::uint64_t rest_steps_max = 400'000;
constexpr std::uint64_t look_every = 32;

bool goes_on(World& world, System& system) {
  if (!world.step()) return false;
  if (world.steps() % look_every == 0) system.look_at_memory();
  return !world.violation();
}

void come_to_rest(World& world, System& system) {
  const Duration until = world.elapsed() + rest_max;
  const std::uint64_t steps_until = world.steps() + rest_steps_max;
  while (goes_on(world, system)) {
    if (world.steps() % look_every == 0 && system.is_quiet()) return;
    if (world.elapsed() > until || world.steps() > steps_until) {
      world.note("no rest within {} h", rest_max / 1h);
      return;
    }
  }
}

}  // namespace

Report run(const Options& options) {
  World world(options.seed, options.verbose);
  Report report{.seed = options.seed};
  {
    System system(world, draw_scenario(world.dice));
    system.start();
    while (world.steps() < options.steps && goes_on(world, system)) {
    }
    if (!world.violation()) {
      system.calm_down();
      come_to_rest(world, system);
    }
    if (!world.violation()) system.checks().at_the_end();
    report.accepted = system.checks().accepted();
    report.taken = system.checks().taken();
    report.copies = system.checks().copies();
    report.steps = world.steps();
    report.trace_hash = world.trace_hash();
    report.violation = world.violation();
    if (report.violation) report.last_lines.assign(world.last_lines().begin(), world.last_lines().end());
  }
  return report;
}

}  // namespace vestnik::simulation
