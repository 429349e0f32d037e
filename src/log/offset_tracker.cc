#include "log/offset_tracker.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "log/log.h"

namespace vestnik::log {

void OffsetTracker::handed_out(std::int64_t offset) {
  entries_.push_back({offset, false});
  ++in_flight_;
}

bool OffsetTracker::done(std::int64_t offset) {
  const auto entry = std::ranges::lower_bound(entries_, offset, {}, &Entry::offset);
  if (entry == entries_.end() || entry->offset != offset || entry->finished) return false;
  entry->finished = true;
  --in_flight_;
  while (!entries_.empty() && entries_.front().finished) {
    committable_ = entries_.front().offset + 1;
    entries_.pop_front();
  }
  return true;
}

std::optional<std::int64_t> OffsetTracker::take_committable() {
  return std::exchange(committable_, std::nullopt);
}

namespace {

// MurmurHash2, 32 bit, seed 0x9747b28c (org.apache.kafka.common.utils.Utils.murmur2).
std::uint32_t murmur2(std::string_view data) {
  constexpr std::uint32_t m = 0x5bd1e995;
  std::uint32_t h = 0x9747b28c ^ static_cast<std::uint32_t>(data.size());
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(data[i]));
  };
  std::size_t i = 0;
  for (; i + 4 <= data.size(); i += 4) {
    std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    k *= m;
    k ^= k >> 24;
    k *= m;
    h *= m;
    h ^= k;
  }
  if (const std::size_t rest = data.size() - i; rest > 0) {
    if (rest > 2) h ^= byte(i + 2) << 16;
    if (rest > 1) h ^= byte(i + 1) << 8;
    h ^= byte(i);
    h *= m;
  }
  h ^= h >> 13;
  h *= m;
  h ^= h >> 15;
  return h;
}

}  // namespace

std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffff) % static_cast<std::uint32_t>(partitions));
}

}  // namespace vestnik::log
