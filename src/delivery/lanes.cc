#include "delivery/lanes.h"

#include <algorithm>
#include <cassert>
#include <climits>

namespace vestnik::delivery {

Lanes::Lanes(std::vector<RoutedProvider> providers) : turns_(providers.size(), 0) {
  assert(!providers.empty() && providers.size() <= routes_max);
  for (RoutedProvider& routed : providers) {
    if (routed.route.name.empty()) routed.route.name = routed.provider.name();
    lanes_.emplace_back(std::move(routed));
  }
}

Lanes::Choice Lanes::choose(const Held& held, SteadyTime now) {
  std::vector<Lane*> candidates;
  if (Lane* bound = held.progress.empty() ? nullptr : find(held.provider)) {
    if (lanes_.size() > 1 && !bound->is_up(now)) return {Why::not_up};
    candidates.push_back(bound);
  } else {
    const auto collect = [&](auto fits) {
      int priority = INT_MAX;
      for (const Lane& lane : lanes_)
        if (fits(lane)) priority = std::min(priority, lane.route().priority);
      for (Lane& lane : lanes_)
        if (fits(lane) && lane.route().priority == priority) candidates.push_back(&lane);
    };
    collect([&](const Lane& lane) { return lane.is_up(now) && !was_tried(held, lane); });
    if (candidates.empty()) collect([&](const Lane& lane) { return lane.is_up(now); });
    // Where none is up, each may still let one try at a time.
    if (candidates.empty()) collect([&](const Lane& lane) { return lane.room(now) > 0; });
  }
  std::erase_if(candidates, [&](const Lane* lane) { return lane->room(now) == 0; });
  if (candidates.empty()) return {Why::full};
  Lane* const some = candidates.front();
  const std::string domain = domain_of(held.notification->to);
  std::erase_if(candidates, [&](const Lane* lane) { return !lane->has_room_for(domain); });
  if (candidates.empty()) return {Why::domain_full, some};
  return {Why::chosen, next_by_weight(candidates)};
}

Lane* Lanes::next_by_weight(const std::vector<Lane*>& candidates) {
  if (candidates.size() == 1) return candidates.front();
  std::int64_t total = 0;
  Lane* next = nullptr;
  for (Lane* lane : candidates) {
    total += lane->route().weight;
    turns_[index_of(*lane)] += lane->route().weight;
    if (!next || turns_[index_of(*lane)] > turns_[index_of(*next)]) next = lane;
  }
  turns_[index_of(*next)] -= total;
  return next;
}

bool Lanes::has_other(const Held& held, SteadyTime now) const {
  if (!held.progress.empty()) return false;
  return std::ranges::any_of(lanes_, [&](const Lane& lane) {
    return lane.name() != held.provider && !was_tried(held, lane) && lane.is_up(now);
  });
}

void Lanes::mark_tried(Held& held) const {
  if (const Lane* lane = find(held.provider)) held.tried |= 1u << index_of(*lane);
}

bool Lanes::any_room(SteadyTime now) const {
  return std::ranges::any_of(lanes_, [&](const Lane& lane) { return lane.room(now) > 0; });
}

bool Lanes::any_up(SteadyTime now) const {
  return std::ranges::any_of(lanes_, [&](const Lane& lane) { return lane.is_up(now); });
}

bool Lanes::keep_pace(SteadyTime now) const {
  return std::ranges::all_of(lanes_, &Lane::goes_ahead) &&
         std::ranges::any_of(lanes_, [&](const Lane& lane) { return lane.works(now); });
}

const Lane* Lanes::find(std::string_view name) const {
  const auto lane = std::ranges::find(lanes_, name, &Lane::name);
  return lane == lanes_.end() ? nullptr : &*lane;
}

Lane* Lanes::find(std::string_view name) { return const_cast<Lane*>(std::as_const(*this).find(name)); }

Health Lanes::health(std::string_view channel) const {
  if (lanes_.size() == 1) {
    Health health = lanes_.front().provider().health();
    health.part = lanes_.front().name();
    return health;
  }
  Health all{.part = std::string(channel), .well = false};
  for (const Lane& lane : lanes_) {
    const Health one = lane.provider().health();
    all.well = all.well || one.well;
    if (!all.detail.empty()) all.detail += "; ";
    all.detail += lane.name() + (one.well ? " is well" : " is not");
    if (!one.detail.empty()) all.detail += " (" + one.detail + ")";
  }
  return all;
}

}  // namespace vestnik::delivery
