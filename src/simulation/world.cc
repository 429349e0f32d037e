#include "simulation/world.h"

#include <cstdio>

namespace vestnik::simulation {

void World::jump_wall_clock(Duration by) {
  note("the wall clock jumps by {} s", by.count() / 1'000'000);
  wall_offset_ += by;
  last_jump_ = elapsed_;
  jumped_back_ = jumped_back_ || by.count() < 0;
  if (by.count() > 0) last_jump_forward_ = elapsed_;
}

World::Event World::after(Duration delay, Task task) {
  const Event event{elapsed_ + delay, sequence_++};
  events_.emplace(event, std::move(task));
  return event;
}

bool World::step() {
  if (events_.empty()) return false;
  auto event = events_.extract(events_.begin());
  elapsed_ = event.key().first;
  ++steps_;
  event.mapped()();
  return true;
}

void World::note_line(const std::string& text) {
  std::string line =
      fmt::format("{:>6} {:>12.3f} {}", steps_, static_cast<double>(elapsed_.count()) / 1000, text);
  for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  if (verbose_) std::puts(line.c_str());
  lines_.push_back(std::move(line));
  if (lines_.size() > lines_max) lines_.pop_front();
}

void World::violate(std::string invariant, std::string text) {
  note("VIOLATION of {}: {}", invariant, text);
  if (!violation_) violation_ = Violation{std::move(invariant), std::move(text), steps_};
}

}  // namespace vestnik::simulation
