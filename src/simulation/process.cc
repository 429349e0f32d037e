#include "simulation/process.h"

#include <utility>

namespace vestnik::simulation {

class Process::Handle final : public Timer {
 public:
  explicit Handle(std::shared_ptr<TimerState> state) : state_(std::move(state)) {}
  ~Handle() override {
    if (!state_->fired) state_->world->cancel(state_->event);
    // What the task holds may hold this timer.
    const Task dropped = std::exchange(state_->task, nullptr);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

 private:
  std::shared_ptr<TimerState> state_;
};

void Process::post(Task task) {
  if (!alive_) return;
  ready_.push_back(std::move(task));
  arm();
}

std::unique_ptr<Timer> Process::after(std::chrono::microseconds delay, Task task) {
  auto state = std::make_shared<TimerState>();
  state->task = std::move(task);
  state->world = &world_;
  state->event = world_.after(std::max(delay, Duration(0)), [self = shared_from_this(), state] {
    state->fired = true;
    // Cancelled while it waits for its turn: nothing is left to run.
    self->post([state] {
      if (Task due = std::exchange(state->task, nullptr)) due();
    });
  });
  return std::make_unique<Handle>(std::move(state));
}

void Process::wake() {
  frozen_ = false;
  arm();
}

void Process::arm() {
  if (turn_is_due_ || !runs() || ready_.empty()) return;
  turn_is_due_ = true;
  world_.after(Duration(world_.dice.between(1, 40)), [self = shared_from_this()] {
    self->turn_is_due_ = false;
    self->turn();
  });
}

void Process::turn() {
  if (!runs() || ready_.empty()) return;
  Task task = std::move(ready_.front());
  ready_.pop_front();
  task();
  arm();
}

}  // namespace vestnik::simulation
