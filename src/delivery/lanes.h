// The providers of one channel, and which of them a message goes to.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/health.h"
#include "delivery/lane.h"

namespace vestnik::delivery {

class Lanes {
 public:
  explicit Lanes(std::vector<RoutedProvider> providers);  // 1..routes_max, of different names

  enum class Why {
    chosen,
    full,         // what would take it has no room: wait for that
    domain_full,  // its destination has its share of the provider
    not_up,       // the one that has a part of it already does not work
  };
  struct Choice {
    Why why = Why::full;
    Lane* lane = nullptr;  // chosen, domain_full: of this provider
  };
  // Those of the lowest priority number that work and have not just failed it, by weight. A message of which
  // a provider has taken a part (Held::progress) stays with it.
  Choice choose(const Held& held, SteadyTime now);

  // Has one that `held` was not yet tried with: a transient answer sends it there at once.
  bool has_other(const Held& held, SteadyTime now) const;
  // Marks the provider of its last attempt as tried.
  void mark_tried(Held& held) const;

  bool any_room(SteadyTime now) const;
  bool any_up(SteadyTime now) const;
  // Attempts begin about as fast as they are asked for.
  bool keep_pace(SteadyTime now) const;
  std::size_t size() const { return lanes_.size(); }
  // None: no provider has this name (any more).
  Lane* find(std::string_view name);
  const Lane* find(std::string_view name) const;
  std::vector<Lane>& all() { return lanes_; }

  // One for the channel: well while one of its providers is.
  Health health(std::string_view channel) const;

 private:
  std::size_t index_of(const Lane& lane) const { return static_cast<std::size_t>(&lane - lanes_.data()); }
  bool was_tried(const Held& held, const Lane& lane) const { return (held.tried >> index_of(lane) & 1) != 0; }
  Lane* next_by_weight(const std::vector<Lane*>& candidates);

  std::vector<Lane> lanes_;
  std::vector<std::int64_t> turns_;  // smooth weighted round robin: the highest is next
};

}  // namespace vestnik::delivery
