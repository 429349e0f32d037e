#include "store/delivery_filter.h"

#include <algorithm>

namespace vestnik::store {

bool is_listed_by_state(const DeliveryFilter& filter) {
  return !filter.states.empty() &&
         std::ranges::all_of(filter.states, [](DeliveryState state) { return is_listed_by_state(state); });
}

bool lets_through(const DeliveryFilter& f, const Delivery& d) {
  const Notification& n = d.notification;
  return (!f.channel || n.channel == *f.channel) &&
         (f.states.empty() || std::ranges::find(f.states, d.state) != f.states.end()) &&
         (f.provider.empty() || d.provider == f.provider) &&
         (f.category.empty() || n.category == f.category) && (f.user_id.empty() || n.user_id == f.user_id) &&
         (!f.updated_from || d.updated_at >= *f.updated_from) &&
         (!f.updated_before || d.updated_at < *f.updated_before) &&
         d.answer.find(f.answer_contains) != std::string::npos;
}

}  // namespace vestnik::store
