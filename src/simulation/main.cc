// vestnik-sim: runs seeds, says what they did, and with the first violation ends with 1.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <mutex>
#include <thread>
#include <vector>

#include "base/logging.h"
#include "simulation/simulation.h"

namespace {

using vestnik::simulation::Options;
using vestnik::simulation::Report;

struct Arguments {
  Options first;
  std::uint64_t seeds = 1;
  unsigned jobs = 1;
};

void print_violation(const Report& report, std::uint64_t steps) {
  for (const std::string& line : report.last_lines) fmt::print("{}\n", line);
  fmt::print("seed {} step {}: {} is broken: {}\nreplay: vestnik-sim --seed {} --steps {} --verbose\n",
             report.seed, report.violation->step, report.violation->invariant, report.violation->text,
             report.seed, steps);
}

// What all seeds did together. The hash is of every trace, whichever thread ran it.
struct Total {
  std::uint64_t seeds = 0, steps = 0, hash = 0;
  std::size_t accepted = 0, taken = 0, copies = 0;

  void add(const Report& report) {
    ++seeds;
    steps += report.steps;
    accepted += report.accepted;
    taken += report.taken;
    copies += report.copies;
    hash ^= report.trace_hash * (2 * report.seed + 1);
  }
};

bool run_all(const Arguments& arguments, Total& total) {
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> violated = false;
  std::mutex mutex;
  const auto work = [&] {
    for (std::uint64_t i = next++; i < arguments.seeds && !violated; i = next++) {
      Options options = arguments.first;
      options.seed += i;
      const Report report = vestnik::simulation::run(options);
      const std::lock_guard lock(mutex);
      total.add(report);
      if (report.violation && !violated.exchange(true)) print_violation(report, options.steps);
    }
  };
  std::vector<std::thread> others;
  for (unsigned job = 1; job < arguments.jobs; ++job) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return !violated;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Runs the delivery path in a simulated world under faults, and checks that nothing accepted is lost."};
  app.add_option("--seed", arguments.first.seed, "the first seed")->capture_default_str();
  app.add_option("--seeds", arguments.seeds, "how many, from the first on")->capture_default_str();
  app.add_option("--steps", arguments.first.steps, "events under faults, before all comes to rest")
      ->capture_default_str();
  app.add_flag("--verbose", arguments.first.verbose, "print the whole trace");
  app.add_option("--jobs", arguments.jobs, "threads")->check(CLI::Range(1U, 256U))->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  vestnik::logging::configure(arguments.first.verbose ? "debug" : "error", true);
  const auto begun = std::chrono::steady_clock::now();
  Total total;
  const bool well = run_all(arguments, total);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print(
      "{} seeds, {} steps in {:.1f} s ({:.0f} seeds/s); {} requests accepted, {} messages taken, {} of them "
      "copies; "
      "trace {:016x}\n",
      total.seeds, total.steps, took.count(), static_cast<double>(total.seeds) / took.count(), total.accepted,
      total.taken, total.copies, total.hash);
  return well ? 0 : 1;
}
