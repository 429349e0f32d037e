// Keeps attempts from a provider that has failed several times in a row: closed ─▶ open(pause) ─▶ half open:
// one attempt at a time until one succeeds.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/ids.h"

namespace vestnik::delivery {

struct BreakerPolicy {
  int failures_max = 5;  // in a row; then it opens
  std::chrono::milliseconds pause_first{1'000};
  std::chrono::milliseconds pause_max{60'000};
};

class Breaker {
 public:
  explicit Breaker(BreakerPolicy policy = {}) : policy_(policy) {}

  enum class State { closed, open, half_open };
  State state(SteadyTime now) const;

  // The provider answered: it works, whatever it said of the message.
  void succeeded();
  // It could not be reached or broke off. True: this opened it (again), until open_until(). Failures of
  // attempts that were under way when it opened count no more.
  bool failed(SteadyTime now);
  SteadyTime open_until() const { return open_until_; }

 private:
  BreakerPolicy policy_;
  int failures_ = 0;  // in a row
  bool tripped_ = false;
  SteadyTime open_until_{};
  std::chrono::milliseconds pause_{0};
};

}  // namespace vestnik::delivery
