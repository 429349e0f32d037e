// How a notification's facts are kept, shown and counted.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/timeline.h"

namespace vestnik::store {

// The furthest step in the order of store/timeline.h; none: planned.
const StepFact* furthest_step(std::span<const StepFact> steps);
// The state's number in a table: 0 planned, else 1 + code(kind).
int state_code(const TimelineRow& row);
std::string_view state_name(int state_code);
// When the notification is first heard of: what listings are ordered by.
Timestamp first_at(const TimelineRow& row);

// `event`: for a notification whose plan is not known.
NotificationView view_of(const TimelineRow& row, const std::optional<AcceptedFact>& event,
                         bool with_timeline);

// `facts` as kept in one column; the id is the table's key.
std::string pack_facts(const TimelineRow& row);
TimelineRow unpack_facts(std::string_view id_packed, std::string_view facts);

// What is counted. Numbers are on disk.
enum class CounterKind {
  events = 0,             // slot 0, bucket 0, channel email: accepted user events
  state = 1,              // slot 0, bucket = state_code: notifications in it now
  planned = 2,            // slot = Unix second
  sent = 3,               // slot = Unix second
  accepted_to_sent = 4,   // slot = Unix minute of `sent`, bucket = latency_bucket
  sent_to_delivered = 5,  // slot = Unix minute of `delivered`
};

struct Counter {
  CounterKind kind = CounterKind::events;
  std::int64_t slot = 0;
  Channel channel = Channel::email;
  int bucket = 0;

  friend auto operator<=>(const Counter&, const Counter&) = default;
};
using CounterDeltas =
    std::map<Counter, std::int64_t>;  // in key order: both stores change counters in this order

// Adds `sign` for everything that `row` counts for. Slots older than their kind's horizon are left out.
void count(const TimelineRow& row, int sign, Timestamp now, CounterDeltas& deltas);

// Counters of these kinds with a slot below this may be deleted.
std::int64_t horizon(CounterKind kind, Timestamp now);
// Counters of these kinds matter to statistics from this slot on.
std::int64_t window_start(CounterKind kind, Timestamp now);

// Buckets grow by 10 %: bucket n holds latencies of up to 1.1^n ms.
int latency_bucket(Timestamp from, Timestamp to);
double latency_bound_ms(int bucket);

// `counters` holds those from window_start on.
Stats stats_of(const std::vector<std::pair<Counter, std::int64_t>>& counters);

}  // namespace vestnik::store
