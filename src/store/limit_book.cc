#include "store/limit_book.h"

#include <algorithm>

namespace vestnik::store {
namespace {

Timestamp removable_at(const LimitWindow& window) {
  const std::int64_t grain =
      std::chrono::microseconds(
          std::max<std::chrono::milliseconds>(std::chrono::minutes(1), window.limit().window / 4))
          .count();
  return from_unix_us((to_unix_us(window.over_at()) / grain + 1) * grain);
}

}  // namespace

void LimitBook::load(const std::string& key, std::string_view stored) {
  Entry& entry = entries_[key];
  if (!stored.empty()) entry.window = LimitWindow::unpack(stored);
}

LimitWindow& LimitBook::settled(const LimitUse& use, Timestamp now) {
  Entry& entry = entries_.at(use.key);
  if (!entry.window) entry.window.emplace(use.limit);
  if (entry.window->limit() != use.limit) {
    entry.window->change(use.limit);
    entry.changed = true;
  }
  if (entry.window->settle(now)) entry.changed = true;
  return *entry.window;
}

Beginning LimitBook::use(const std::vector<LimitUse>& uses, Timestamp now) {
  latest_ = std::max(latest_, now);
  std::optional<Beginning> limited;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const LimitWindow& window = settled(uses[i], latest_);
    const auto same_key = [&](const LimitUse& other) { return other.key == uses[i].key; };
    const std::int64_t wanted =
        1 + std::count_if(uses.begin(), uses.begin() + static_cast<std::ptrdiff_t>(i), same_key);
    if (window.room() >= wanted) continue;
    const Timestamp until = window.free_at(entries_.at(uses[i].key).held_back + wanted, latest_);
    if (!limited || limited->until < until) limited = Beginning{Beginning::Kind::limited, i, until};
  }
  if (limited) {
    ++entries_.at(uses[limited->limit].key).held_back;
    return *limited;
  }
  for (const LimitUse& use : uses) {
    Entry& entry = entries_.at(use.key);
    entry.window->use(latest_);
    entry.changed = true;
  }
  return Beginning{.kind = Beginning::Kind::begun, .counted_at = latest_};
}

std::vector<LimitBook::Row> LimitBook::changed() const {
  std::vector<Row> rows;
  for (const auto& [key, entry] : entries_)
    if (entry.changed) rows.push_back({key, entry.window->pack(), removable_at(*entry.window)});
  return rows;
}

}  // namespace vestnik::store
