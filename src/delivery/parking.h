// Deliveries that are due and wait for their destination to have room with its provider again.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "delivery/held.h"

namespace vestnik::delivery {

// Bounded by its user (Engine), who checks size().
class Parking {
 public:
  using Place = std::pair<std::string, std::string>;  // provider, domain

  void add(Place place, Held held) {
    parked_[std::move(place)].push_back(std::move(held));
    ++size_;
  }
  // Those that have waited longest there, at most `count`.
  std::vector<Held> take(const Place& place, std::size_t count) {
    std::vector<Held> taken;
    const auto waiting = parked_.find(place);
    if (waiting == parked_.end()) return taken;
    for (; taken.size() < count && !waiting->second.empty(); waiting->second.pop_front(), --size_)
      taken.push_back(std::move(waiting->second.front()));
    if (waiting->second.empty()) parked_.erase(waiting);
    return taken;
  }
  std::vector<Held> take_if(const std::function<bool(const Held&)>& wanted) {
    std::vector<Held> taken;
    for (auto& [place, waiting] : parked_) {
      std::erase_if(waiting, [&](Held& held) {
        if (!wanted(held)) return false;
        taken.push_back(std::move(held));
        return true;
      });
    }
    std::erase_if(parked_, [](const auto& entry) { return entry.second.empty(); });
    size_ -= taken.size();
    return taken;
  }
  std::size_t size() const { return size_; }

 private:
  std::map<Place, std::deque<Held>> parked_;
  std::size_t size_ = 0;
};

}  // namespace vestnik::delivery
