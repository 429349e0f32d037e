// One role of the binary, started and stopped by System.
#pragma once

#include <chrono>
#include <future>
#include <vector>

#include "base/executor.h"
#include "base/health.h"

namespace vestnik::app {

class Service {
 public:
  virtual ~Service() = default;

  virtual void start() = 0;
  // Finishes what is in hand, within `limit`. Blocks; not from the service's own loop.
  virtual void stop(std::chrono::milliseconds limit) = 0;
  // Parts that only this service knows (its provider).
  virtual std::vector<Health> health() { return {}; }
};

// Runs `work(done)` on `executor` and waits until `done` is called, from wherever.
template <class Work>
void run_and_wait(Executor& executor, Work work) {
  std::promise<void> finished;
  executor.post([&work, &finished] { work([&finished] { finished.set_value(); }); });
  finished.get_future().wait();
}

}  // namespace vestnik::app
