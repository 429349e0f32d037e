// Batches of steps as statements: what begin_attempts and record share.
#pragma once

#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/packed.h"
#include "store/postgres/ledger.h"

namespace vestnik::store::postgres {

// One statement can change a row only once: the second mention of a notification goes into the second wave,
// and so on.
template <class Item>
std::vector<std::vector<std::size_t>> waves_of(const Flat<Item>& flat) {
  std::vector<std::vector<std::size_t>> waves;
  std::unordered_map<std::string_view, std::size_t> mentions;
  for (std::size_t i = 0; i < flat.items.size(); ++i) {
    const std::size_t wave = mentions[flat.items[i]->step.notification_id.value]++;
    if (wave == waves.size()) waves.emplace_back();
    waves[wave].push_back(i);
  }
  return waves;
}

template <class Item>
Statement lock_for(const Flat<Item>& flat) {
  std::vector<std::pair<Channel, std::int32_t>> partitions;
  for (const Item* item : flat.items) partitions.emplace_back(item->step.channel, item->owner.partition);
  return lock_partitions(partitions, true);
}

// Which of the wave's items are among the returned ids.
template <class Item>
void mark(const Rows& rows, const Flat<Item>& flat, const std::vector<std::size_t>& wave,
          std::vector<bool>& marks) {
  std::set<std::string_view> ids;
  for (int i = 0; i < rows.size(); ++i) ids.insert(rows.bytes(i, 0));
  for (const std::size_t i : wave)
    marks[i] = ids.contains(pack_id(flat.items[i]->step.notification_id.value));
}

}  // namespace vestnik::store::postgres
