// Deliveries as the API shows them.
#pragma once

#include "base/json.h"
#include "store/ledger.h"

namespace vestnik::delivery {

// Without the recipient and what was to be said: lists don't need them, and an address that is not shown
// can't leak.
json::object to_json(const store::Delivery& delivery);
// With them, as far as they are still kept (store/ledger.h, Delivery::notification).
json::object to_json_in_full(const store::Delivery& delivery);

}  // namespace vestnik::delivery
