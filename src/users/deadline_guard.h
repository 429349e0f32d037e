// One deadline for many things in flight, all with the same limit: first in, first out, one timer for all of
// them.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>

#include "base/executor.h"

namespace vestnik::users {

class DeadlineGuard {
 public:
  // Told on the scheduler's executor, at most once, at most `tick` after the limit.
  class Watched {
   public:
    virtual ~Watched() = default;
    virtual void expire() = 0;
  };
  static constexpr std::chrono::milliseconds tick{50};

 private:
  struct Entry {
    SteadyTime due;
    std::weak_ptr<Watched> watched;
  };
  using Ticket = std::list<Entry>::iterator;

 public:
  DeadlineGuard(Scheduler& scheduler, std::chrono::milliseconds limit);
  // On the scheduler's executor, or after it has stopped.
  ~DeadlineGuard();

  // Safe from any thread. The ticket is for unwatch, to be called exactly once, also after expire().
  Ticket watch(std::weak_ptr<Watched> watched);
  void unwatch(Ticket ticket);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vestnik::users
