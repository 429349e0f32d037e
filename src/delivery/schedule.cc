#include "delivery/schedule.h"

#include <utility>

namespace vestnik::delivery {

bool Schedule::add(Held held) {
  if (!known_.insert(held.notification->id).second) return false;
  const Key key{held.due_at, sequence_++};
  due_.insert(Entry{key, std::move(held)});
  return true;
}

std::vector<Held> Schedule::take(Timestamp now, std::size_t count) {
  std::vector<Held> taken;
  while (taken.size() < count && !due_.empty() && due_.begin()->key.due_at <= now) {
    Entry entry = std::move(due_.extract(due_.begin()).value());
    const auto [busy, was_free] = busy_.try_emplace(entry.held.notification->user_id);
    if (!was_free) {
      busy->second.push_back(std::move(entry));
      continue;
    }
    taken.push_back(std::move(entry.held));
  }
  return taken;
}

void Schedule::finished(const Held& held) {
  known_.erase(held.notification->id);
  const auto busy = busy_.find(held.notification->user_id);
  if (busy == busy_.end()) return;
  // They keep their places: the key decides, not when they came to wait.
  for (Entry& entry : busy->second) due_.insert(std::move(entry));
  busy_.erase(busy);
}

void Schedule::drop(const std::function<bool(std::int32_t)>& of_partition) {
  const auto leaves = [&](const Entry& entry) {
    if (!of_partition(entry.held.owner.partition)) return false;
    known_.erase(entry.held.notification->id);
    return true;
  };
  std::erase_if(due_, leaves);
  for (auto& [user, waiting] : busy_) std::erase_if(waiting, leaves);
}

std::optional<Timestamp> Schedule::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->key.due_at;
}

}  // namespace vestnik::delivery
