// How fast a peer that asked for less may be sent to. Multiplicative decrease on a throttled answer, slow
// growth after.
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace vestnik::sms::smpp {

// Unlimited until the first throttled answer. Then: nothing for `hold`, and from there at most `cut` × the
// rate that was accepted when it came. That rate grows by half each second, but slowly around where the peer
// last said no, until `rate_unlimited`, where the limit is dropped. Throttled answers within the hold belong
// to the same burst: they prolong nothing and cut nothing.
class Pacer {
 public:
  static constexpr std::chrono::milliseconds hold{500};
  static constexpr double cut = 0.8;
  static constexpr double growth = 1.5;
  static constexpr double growth_near_limit = 1.05;
  static constexpr double rate_min = 5;             // submits a second
  static constexpr double rate_unlimited = 10'000;  // no limit is worth keeping beyond this

  void accepted(SteadyTime now);
  void throttled(SteadyTime now);
  // A submit goes out.
  void spend(SteadyTime now);

  // Submits that may go out now.
  std::size_t allowance(SteadyTime now);
  // When allowance() is 1 at least; the past if it is.
  SteadyTime next_allowance(SteadyTime now);
  bool limited() const { return rate_.has_value(); }

 private:
  void roll_second(SteadyTime now);
  void refill(SteadyTime now);

  std::optional<double> rate_;  // submits a second
  double refused_at_ = 0;       // the rate accepted when the peer last said no
  double tokens_ = 0;           // at most a tenth of a second's worth, and at least one
  SteadyTime refilled_at_{};
  SteadyTime grown_at_{};
  SteadyTime hold_until_{};
  SteadyTime second_began_{};
  std::size_t accepted_this_second_ = 0;
  std::size_t accepted_last_second_ = 0;
};

}  // namespace vestnik::sms::smpp
