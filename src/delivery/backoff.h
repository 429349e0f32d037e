// When the next attempt is due.
#pragma once

#include <chrono>

#include "base/ids.h"

namespace vestnik::delivery {

struct Backoff {
  std::chrono::milliseconds base{5'000};
  std::chrono::milliseconds cap{3'600'000};

  // Exponential with full jitter: between a tenth and all of min(cap, base · 2^(attempt-1)). The floor keeps
  // a lucky draw from hammering a peer that has just said no. `attempt`: the one that failed, 1 = the first.
  std::chrono::milliseconds after(int attempt, Random& random) const;
};

}  // namespace vestnik::delivery
