// What is counted, as both stores keep it: numbers under keys, and which of them are kept how long.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/timeline.h"

namespace vestnik::store {

// What is counted over time. Numbers are on disk.
enum class Measure {
  steps = 1,                // bucket = state_code of the step's kind
  accepted = 2,             // user events; bucket 0
  errors = 3,               // bucket = error_bucket
  accepted_to_planned = 4,  // bucket = latency_bucket; the time is that of the latter
  planned_to_sent = 5,
  accepted_to_sent = 6,
  sent_to_delivered = 7,
};
inline constexpr std::array all_measures{Measure::steps,
                                         Measure::accepted,
                                         Measure::errors,
                                         Measure::accepted_to_planned,
                                         Measure::planned_to_sent,
                                         Measure::accepted_to_sent,
                                         Measure::sent_to_delivered};

// Of Unix time. A block is 32 days, so that a year's latencies are a few of them. Numbers are on disk.
enum class Span { minute = 0, hour = 1, day = 2, block = 3 };
inline constexpr std::array all_spans{Span::minute, Span::hour, Span::day, Span::block};
constexpr std::int64_t minutes_in(Span span) {
  switch (span) {
    case Span::minute: return 1;
    case Span::hour: return 60;
    case Span::day: return 24 * 60;
    case Span::block: return 32 * 24 * 60;
  }
  return 1;
}
Span span_of(Grain grain);
// Rounds down, before 1970 too; b > 0.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// What a key begins with. Numbers are on disk; Measures stand above these.
namespace kinds {
inline constexpr int events = 0;  // slot 0, bucket 0, group 0: accepted user events
inline constexpr int state = 1;   // slot 0 (1: kept instead of sent), bucket = state_code: how many are in it
inline constexpr int planned = 2;  // slot = Unix second; group = the channel's code, as for those above
inline constexpr int sent = 3;     // slot = Unix second
constexpr int of(Measure measure, Span span) {
  return 4 * static_cast<int>(measure) + static_cast<int>(span);
}
std::span<const int> all();
}  // namespace kinds
// Where kinds::state counts what was kept instead of sent.
inline constexpr std::int64_t sandboxed_slot = 1;

struct Counter {
  int kind = 0;
  std::int64_t slot = 0;
  int group = 0;
  int bucket = 0;

  friend auto operator<=>(const Counter&, const Counter&) = default;
};
using Counts = std::vector<std::pair<Counter, std::int64_t>>;

// Counters of this kind with a slot below this may be deleted.
std::int64_t horizon(int kind, Timestamp now);

// Changes of counters. What is counted over time is added by the minute; hours, days and blocks follow.
class CounterDeltas {
 public:
  void add(const Counter& counter, std::int64_t change) { changes_[counter] += change; }
  void add(Measure measure, Timestamp at, int group, int bucket, std::int64_t change);
  // What is to be added to what is kept, without zeros and what is past its horizon, in key order: both
  // stores change counters in this order.
  Counts to_write(Timestamp now) const;

 private:
  struct Hash {
    std::size_t operator()(const Counter& c) const {
      auto h = static_cast<std::uint64_t>(c.slot);
      for (const int part : {c.kind, c.group, c.bucket})
        h = (h ^ static_cast<std::uint64_t>(part)) * 0x9E37'79B9'7F4A'7C15;
      return static_cast<std::size_t>(h ^ h >> 32);
    }
  };
  std::unordered_map<Counter, std::int64_t, Hash> changes_;
};

std::int64_t second_of(Timestamp t);
std::int64_t minute_of(Timestamp t);

// Buckets grow by 10 %: bucket n holds latencies of up to 1.1^n ms.
inline constexpr int latency_bucket_max = 260;  // 1.1^260 ms is about two years
int latency_bucket(Timestamp from, Timestamp to);
double latency_bound_ms(int bucket);

class Histogram {
 public:
  // `bucket` out of range (damage) counts for the last one.
  void add(int bucket, std::int64_t n);
  LatencySummary summary() const;

 private:
  std::array<std::int64_t, latency_bucket_max + 1> counts_{};
};

}  // namespace vestnik::store
