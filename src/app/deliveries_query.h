// The filters of `vestnik deliveries` as the API takes them, and walking through what they let through.
#pragma once

#include <functional>
#include <string>

#include "app/deliveries.h"

namespace vestnik::app {

// The body of POST /v1/deliveries/retry and /discard.
json::object filter_body(const DeliveriesFilter& filter);

// What a status other than 200 means for a command as a whole. Throws CommandError.
void expect_ok(const ApiAnswer& answer, const ApiClient& client);

// Calls `each` with every delivery that `filter` lets through, newest first, at most `limit` (0: all). True:
// there are more.
bool for_each_delivery(const ApiClient& client, const DeliveriesFilter& filter, std::size_t limit,
                       const std::function<void(const json::object&)>& each);

}  // namespace vestnik::app
