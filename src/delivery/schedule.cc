#include "delivery/schedule.h"

#include <utility>

namespace vestnik::delivery {
namespace {

std::size_t bytes_of(const Held& held) {
  constexpr std::size_t around = 1024;  // ids, names, nodes
  const Notification& n = *held.notification;
  return around + n.to.size() + n.subject.size() + n.text.size() + n.html.size();
}

}  // namespace

bool Schedule::know(const Held& held) {
  const auto [known, fresh] = known_.try_emplace(held.notification->id, 0);
  if (fresh) bytes_ += known->second = bytes_of(held);
  return fresh;
}

void Schedule::forget(const Held& held) {
  const auto known = known_.find(held.notification->id);
  if (known == known_.end()) return;
  bytes_ -= known->second;
  known_.erase(known);
}

bool Schedule::add(Held held) {
  if (!know(held)) return false;
  if (held.order == 0) held.order = ++orders_;
  due_.insert(std::move(held));
  return true;
}

std::vector<Held> Schedule::take(Timestamp now, std::size_t count) {
  std::vector<Held> taken;
  while (taken.size() < count && !due_.empty() && due_.begin()->due_at <= now) {
    Held held = std::move(due_.extract(due_.begin()).value());
    const auto [busy, was_free] = busy_.try_emplace(held.notification->user_id);
    if (!was_free) {
      busy->second.waiting.push_back(std::move(held));
      continue;
    }
    taken.push_back(std::move(held));
  }
  return taken;
}

void Schedule::taken_over(Held& held) {
  if (!know(held)) return;
  if (held.order == 0) held.order = ++orders_;
  const auto [busy, was_free] = busy_.try_emplace(held.notification->user_id);
  if (!was_free) ++busy->second.open;
}

void Schedule::finished(const Held& held) {
  forget(held);
  const auto busy = busy_.find(held.notification->user_id);
  if (busy == busy_.end() || --busy->second.open > 0) return;
  // They keep their places: the key decides, not when they came to wait.
  for (Held& waiting : busy->second.waiting) due_.insert(std::move(waiting));
  busy_.erase(busy);
}

void Schedule::drop(const std::function<bool(std::int32_t)>& of_partition) {
  const auto leaves = [&](const Held& held) {
    if (!of_partition(held.owner.partition)) return false;
    forget(held);
    return true;
  };
  std::erase_if(due_, leaves);
  for (auto& [user, busy] : busy_) std::erase_if(busy.waiting, leaves);
}

void Schedule::forget_after(Timestamp time) {
  std::erase_if(due_, [&](const Held& held) {
    if (held.due_at <= time) return false;
    forget(held);
    return true;
  });
}

void Schedule::clock_was_set(std::chrono::microseconds by) {
  std::set<Held, ByDue> shifted;
  while (!due_.empty()) {
    Held held = std::move(due_.extract(due_.begin()).value());
    if (!held.due_by_wall_clock()) held.due_at += by;
    shifted.insert(std::move(held));
  }
  due_ = std::move(shifted);
  for (auto& [user, busy] : busy_)
    for (Held& held : busy.waiting)
      if (!held.due_by_wall_clock()) held.due_at += by;
}

std::optional<Timestamp> Schedule::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->due_at;
}

}  // namespace vestnik::delivery
