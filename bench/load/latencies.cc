#include "bench/load/latencies.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace vestnik::bench {
namespace {

// Three digits behind the point are nanoseconds: all that there is.
double to_us(double ns) { return std::round(ns) / 1000; }

}  // namespace

std::uint64_t Latencies::percentile_ns(double fraction) {
  assert(!all_ns_.empty() && fraction > 0 && fraction <= 1);
  if (sorted_ < all_ns_.size()) std::sort(all_ns_.begin(), all_ns_.end());
  sorted_ = all_ns_.size();
  // 0.999 of 1,000 is 999, not the 1,000th, although 0.999 has no exact double.
  const double rank = std::ceil(fraction * static_cast<double>(all_ns_.size()) - 1e-6);
  return all_ns_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

json::value Latencies::summary_us() {
  if (all_ns_.empty()) return nullptr;
  const auto percentile_us = [this](double fraction) {
    return to_us(static_cast<double>(percentile_ns(fraction)));
  };
  const double sum = std::accumulate(all_ns_.begin(), all_ns_.end(), 0.0);
  return json::object{
      {"p50", percentile_us(0.5)},  {"p90", percentile_us(0.9)},
      {"p99", percentile_us(0.99)}, {"p999", percentile_us(0.999)},
      {"max", percentile_us(1)},    {"mean", to_us(sum / static_cast<double>(all_ns_.size()))}};
}

}  // namespace vestnik::bench
