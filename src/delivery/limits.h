// The limits that an attempt counts against, and those that are used up for now.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "delivery/lane.h"
#include "store/ledger.h"

namespace vestnik::delivery {

// An attempt is counted when it begins and goes out when its provider has room for it. No more than `max` go
// out in any window if none goes out later than send_slack() after it was counted, and the window counted by
// is longer by as much: a tenth of it, 10 ms at least and 2 s at most.
std::chrono::milliseconds send_slack(const Limit& limit);

// Of its provider, of its destination with that provider, of its recipient and category; the windows are
// those to count by. Keys hold no address.
std::vector<store::LimitUse> limit_uses(const Held& held, const Lane& lane);

// Which limits the ledger has said to be used up. The ledger alone decides; this only keeps the engine from
// asking again and again, and spreads those that wait over the time to come.
class UsedUp {
 public:
  // The ledger refused a use until `until`.
  void note(const store::LimitUse& use, Timestamp until);
  // When an attempt with these uses may be tried, if not now: a place of its own, behind those given before.
  std::optional<Timestamp> place(const std::vector<store::LimitUse>& uses, Timestamp now);

 private:
  static constexpr std::size_t keys_max = 10'000;

  std::unordered_map<std::string, Timestamp> until_;
};

}  // namespace vestnik::delivery
