// The filters of `vestnik deliveries` as the API takes them, and walking through what they let through.
#pragma once

#include <functional>
#include <string>

#include "cli/deliveries.h"

namespace vestnik::cli {

// The body of POST /v1/deliveries/retry and /discard.
json::object filter_body(const DeliveriesFilter& filter);

// Calls `each` with every delivery that `filter` lets through, newest first, at most `limit` (0: all). True:
// there are more.
bool for_each_delivery(const ApiClient& client, const DeliveriesFilter& filter, std::size_t limit,
                       const std::function<void(const json::object&)>& each);

}  // namespace vestnik::cli
