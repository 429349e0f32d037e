// What a listing lets through: the same for both stores.
#pragma once

#include "store/ledger.h"

namespace vestnik::store {

// A call of Ledger::list looks at no more rows than this (up to 100 ms on a cold file); the next page goes on
// from there.
inline constexpr std::int64_t list_rows_looked_at_max = 10'000;

// Few deliveries end so, and people ask for these: both stores index them.
constexpr bool is_listed_by_state(DeliveryState state) {
  return state == DeliveryState::bounced || state == DeliveryState::in_doubt ||
         state == DeliveryState::dead || state == DeliveryState::expired ||
         state == DeliveryState::suppressed || state == DeliveryState::discarded;
}
// The filter's states are all of that kind.
bool is_listed_by_state(const DeliveryFilter& filter);

bool lets_through(const DeliveryFilter& filter, const Delivery& delivery);

}  // namespace vestnik::store
