#include "delivery/breaker.h"

#include <algorithm>

namespace vestnik::delivery {

Breaker::State Breaker::state(SteadyTime now) const {
  if (!tripped_) return State::closed;
  return now < open_until_ ? State::open : State::half_open;
}

void Breaker::succeeded() {
  failures_ = 0;
  tripped_ = false;
  pause_ = std::chrono::milliseconds(0);
}

bool Breaker::failed(SteadyTime now) {
  if (state(now) == State::open) return false;
  ++failures_;
  if (!tripped_ && failures_ < policy_.failures_max) return false;
  tripped_ = true;
  pause_ = std::clamp(pause_ * 2, policy_.pause_first, policy_.pause_max);
  open_until_ = now + pause_;
  return true;
}

}  // namespace vestnik::delivery
