// Where work runs. A component that keeps state lives on one Executor and touches that state only there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "base/clock.h"

namespace vestnik {

using Task = std::move_only_function<void()>;

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `task` later, after those posted before it, never inside this call. Safe from any thread.
  virtual void post(Task task) = 0;
};

// Cancels its timer when destroyed. A cancelled task never runs, provided it is cancelled on the timer's
// executor.
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

// A callback that may be called from any thread and runs `function` on `executor`, unless `alive` is gone by
// then. Whoever holds the owner of `alive` destroys it on that executor, or after it has stopped.
template <class Function>
auto back_on(Executor& executor, std::weak_ptr<void> alive, Function function) {
  return [&executor, alive = std::move(alive), function = std::move(function)](auto&&... values) mutable {
    executor.post([alive = std::move(alive), function = std::move(function),
                   ... kept = std::forward<decltype(values)>(values)]() mutable {
      if (!alive.expired()) function(std::move(kept)...);
    });
  };
}

}  // namespace vestnik
