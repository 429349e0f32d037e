// What a person's decision makes of a delivery: the same for both stores.
#pragma once

#include <optional>
#include <string_view>

#include "store/ledger.h"

namespace vestnik::store {

// The state that follows; none: it can't be decided so in this state.
std::optional<DeliveryState> decided_state(DeliveryState from, Decision decision);

// The step that tells it, with the row's attempt and provider.
Step decided_step(const Notification& notification, int attempt, std::string_view provider,
                  const Amendment& amendment);

}  // namespace vestnik::store
