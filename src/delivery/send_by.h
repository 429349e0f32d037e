// Until when an attempt that has begun may go out. What has waited longer, or slept, is given back to the
// ledger.
#pragma once

#include <chrono>
#include <vector>

#include "base/clock.h"
#include "store/ledger.h"

namespace vestnik::delivery {

// Less than any log needs to find a member missing and give its partitions to another (Kafka: 6 s): a process
// that was stopped in between must not send what the next owner has taken for in doubt.
inline constexpr std::chrono::milliseconds send_within{2'000};

// For an attempt that the ledger has begun since `asked_at`. Its limits demand that it follows closely on
// being counted (send_slack).
SteadyTime send_by(const std::vector<store::LimitUse>& uses, const store::Beginning& beginning,
                   SteadyTime asked_at, const Clock& clock);

}  // namespace vestnik::delivery
