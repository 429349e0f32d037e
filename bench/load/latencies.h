// Latencies of one run: all of them are kept (8 bytes each), so that no percentile is an estimate.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"

namespace vestnik::bench {

class Latencies {
 public:
  void add(std::uint64_t latency_ns) { all_ns_.push_back(latency_ns); }
  std::size_t count() const { return all_ns_.size(); }

  // The smallest latency that at least `fraction` (0 < fraction ≤ 1) of all don't exceed (nearest rank).
  // Needs one latency at least. Sorts.
  std::uint64_t percentile_ns(double fraction);

  // {p50,p90,p99,p999,max,mean} in microseconds; null without any.
  json::value summary_us();

 private:
  std::vector<std::uint64_t> all_ns_;
  std::size_t sorted_ = 0;  // so many at the front are in order
};

}  // namespace vestnik::bench
