// The simulated time, the one queue of events, and the record of what happened.
#pragma once

#include <cstdint>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "simulation/dice.h"

namespace vestnik::simulation {

// What must never happen, and did.
struct Violation {
  std::string invariant;  // "I1" … "I6"
  std::string text;
  std::uint64_t step = 0;
};

class World {
 public:
  using Event = std::pair<Duration, std::uint64_t>;  // when, and which of those at the same moment

  explicit World(std::uint64_t seed, bool verbose = false) : dice(seed), verbose_(verbose) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { forget_events(); }

  Dice dice;

  Duration elapsed() const { return elapsed_; }
  Timestamp wall() const { return from_unix_us(1'790'000'000'000'000) + elapsed_ + wall_offset_; }
  SteadyTime steady() const { return SteadyTime(std::chrono::hours(1) + elapsed_); }
  void jump_wall_clock(Duration by);
  Duration wall_offset() const { return wall_offset_; }
  // When the wall clock last jumped, forward or at all; long ago: never.
  Duration last_jump_forward() const { return last_jump_forward_; }
  Duration last_jump() const { return last_jump_; }
  bool has_jumped_back() const { return jumped_back_; }

  Event after(Duration delay, Task task);
  void cancel(const Event& event) { events_.erase(event); }

  // What they hold may hold timers in turn.
  void forget_events() {
    while (!events_.empty()) std::exchange(events_, {});
  }

  // Runs the next event: one step. False: there is none.
  bool step();
  std::uint64_t steps() const { return steps_; }

  // A line of the trace: what happened, and to whom. It makes the trace's hash.
  template <class... Values>
  void note(fmt::format_string<Values...> format, Values&&... values) {
    note_line(fmt::format(format, std::forward<Values>(values)...));
  }
  std::uint64_t trace_hash() const { return hash_; }
  const std::deque<std::string>& last_lines() const { return lines_; }

  // The first one counts; whoever drives the world looks after each step.
  void violate(std::string invariant, std::string text);
  const std::optional<Violation>& violation() const { return violation_; }

 private:
  static constexpr std::size_t lines_max = 120;

  void note_line(const std::string& text);

  Duration elapsed_{0};
  Duration wall_offset_{0};
  Duration last_jump_forward_{-24h * 365}, last_jump_{-24h * 365};
  bool jumped_back_ = false;
  std::map<Event, Task> events_;
  std::uint64_t sequence_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325;  // FNV-1a, 64 bits
  std::deque<std::string> lines_;
  bool verbose_;
  std::optional<Violation> violation_;
};

}  // namespace vestnik::simulation
