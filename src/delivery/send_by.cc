#include "delivery/send_by.h"

#include <algorithm>

#include "delivery/limits.h"

namespace vestnik::delivery {

SteadyTime send_by(const std::vector<store::LimitUse>& uses, const store::Beginning& beginning,
                   SteadyTime asked_at, const Clock& clock) {
  if (uses.empty()) return asked_at + send_within;
  std::chrono::milliseconds slack = send_within;
  // The window of a use has its slack in it already; a little less than it is on the safe side.
  for (const store::LimitUse& use : uses)
    slack = std::min(slack, send_slack({use.limit.max, use.limit.window * 10 / 11}));
  // The wall clock may have been set in between: the attempt was counted after it was asked for.
  const SteadyTime now = clock.steady_now();
  const auto age =
      std::clamp<std::chrono::microseconds>(clock.now() - beginning.counted_at, std::chrono::microseconds(0),
                                            std::chrono::ceil<std::chrono::microseconds>(now - asked_at));
  return std::min(now - age + slack, asked_at + send_within);
}

}  // namespace vestnik::delivery
