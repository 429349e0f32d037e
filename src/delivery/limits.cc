#include "delivery/limits.h"

#include <algorithm>
#include <fmt/format.h>

namespace vestnik::delivery {
namespace {

// A rate spreads what waits for it evenly; a quota (3 a day) gives all its places back at once.
std::chrono::microseconds spacing(const Limit& limit) {
  constexpr std::chrono::minutes rate_window_max(1);
  if (limit.window > rate_window_max) return std::chrono::microseconds(1);
  return std::max<std::chrono::microseconds>(std::chrono::microseconds(1),
                                             std::chrono::microseconds(limit.window) / limit.max);
}

store::LimitUse use_of(std::string key, Limit limit) {
  limit.window += send_slack(limit);
  return {std::move(key), limit};
}

}  // namespace

std::chrono::milliseconds send_slack(const Limit& limit) {
  return std::clamp(limit.window / 10, std::chrono::milliseconds(10), std::chrono::milliseconds(2'000));
}

std::vector<store::LimitUse> limit_uses(const Held& held, const Lane& lane) {
  const Notification& n = *held.notification;
  const std::string_view channel = to_string(n.channel);
  std::vector<store::LimitUse> uses;
  if (lane.route().rate)
    uses.push_back(use_of(fmt::format("{}/{}", channel, lane.name()), *lane.route().rate));
  if (const std::string domain = domain_of(n.to); !domain.empty())
    if (const auto limit = lane.route().domain_limit(domain))
      uses.push_back(use_of(fmt::format("{}/{}/{}", channel, lane.name(), uuid_v8({domain}).text()), *limit));
  if (n.recipient_limit)
    uses.push_back(
        use_of(fmt::format("{}/to/{}", channel, uuid_v8({n.to, n.category}).text()), *n.recipient_limit));
  return uses;
}

void UsedUp::note(const store::LimitUse& use, Timestamp until) {
  // Full of what is over, or of more keys than are worth knowing: then the ledger is asked once too often.
  if (until_.size() >= keys_max) until_.clear();
  Timestamp& known = until_[use.key];
  known = std::max(known, until);
}

std::optional<Timestamp> UsedUp::place(const std::vector<store::LimitUse>& uses, Timestamp now) {
  std::optional<Timestamp> place;
  for (const store::LimitUse& use : uses) {
    const auto known = until_.find(use.key);
    if (known == until_.end()) continue;
    if (known->second <= now) {
      until_.erase(known);
      continue;
    }
    place = std::max(place.value_or(now), known->second);
  }
  if (!place) return std::nullopt;
  for (const store::LimitUse& use : uses)
    if (const auto known = until_.find(use.key); known != until_.end())
      known->second = *place + spacing(use.limit);
  return place;
}

}  // namespace vestnik::delivery
