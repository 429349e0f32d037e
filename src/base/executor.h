// Where work runs. A component that keeps state lives on one Executor and touches that state only there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"

namespace vestnik {

using Task = std::move_only_function<void()>;

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `task` later, after those posted before it, never inside this call. Safe from any thread.
  virtual void post(Task task) = 0;
};

// Cancels its timer when destroyed. A cancelled task never runs, provided it is cancelled on the timer's executor.
class Timer {
 public:
  virtual ~Timer() = default;
};

// An Executor with a clock: what the delivery engine sees of time.
class Scheduler : public Executor {
 public:
  virtual const Clock& clock() const = 0;
  // Runs `task` on this executor once `delay` (monotonic) has passed.
  [[nodiscard]] virtual std::unique_ptr<Timer> after(std::chrono::microseconds delay, Task task) = 0;
};

}  // namespace vestnik
