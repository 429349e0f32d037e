#include <algorithm>
#include <cmath>
#include <limits>

#include "store/codes.h"
#include "store/timeline_row.h"

namespace vestnik::store {
namespace {

constexpr double bucket_growth = 1.1;
// Where CounterKind::state counts what was kept instead of sent.
constexpr std::int64_t sandboxed_slot = 1;
constexpr int bucket_max = 260;  // 1.1^260 ms is about two years

std::int64_t second_of(Timestamp t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}
std::int64_t minute_of(Timestamp t) {
  return std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count();
}

std::optional<Timestamp> earliest(const TimelineRow& row, StepKind kind) {
  std::optional<Timestamp> at;
  for (const StepFact& step : row.steps)
    if (step.kind == kind) at = at ? std::min(*at, step.at) : step.at;
  return at;
}

// Latencies as a histogram: bucket → count.
using Histogram = std::map<int, std::int64_t>;

LatencySummary summary_of(const Histogram& histogram) {
  LatencySummary summary;
  for (const auto& [bucket, n] : histogram) summary.count += n;
  const auto percentile = [&](double q) {
    const auto wanted = static_cast<std::int64_t>(std::ceil(q * static_cast<double>(summary.count)));
    std::int64_t seen = 0;
    for (const auto& [bucket, n] : histogram) {
      seen += n;
      if (seen >= wanted) return latency_bound_ms(bucket);
    }
    return 0.0;
  };
  if (summary.count <= 0) return {};
  summary.p50_ms = percentile(0.50);
  summary.p90_ms = percentile(0.90);
  summary.p99_ms = percentile(0.99);
  return summary;
}

}  // namespace

int latency_bucket(Timestamp from, Timestamp to) {
  const double ms = static_cast<double>((to - from).count()) / 1000;
  if (ms <= 1) return 0;  // also a clock that was set back in between
  // The small subtraction keeps an exact power of the growth in its own bucket.
  return std::min(bucket_max, static_cast<int>(std::ceil(std::log(ms) / std::log(bucket_growth) - 1e-9)));
}

double latency_bound_ms(int bucket) { return std::pow(bucket_growth, bucket); }

std::int64_t horizon(CounterKind kind, Timestamp now) {
  switch (kind) {
    case CounterKind::events:
    case CounterKind::state: return 0;
    case CounterKind::planned:
    case CounterKind::sent: return second_of(now) - 3600;
    case CounterKind::accepted_to_sent:
    case CounterKind::sent_to_delivered: return minute_of(now) - 24 * 60;
  }
  return 0;
}

std::int64_t window_start(CounterKind kind, Timestamp now) {
  switch (kind) {
    case CounterKind::events:
    case CounterKind::state: return 0;
    case CounterKind::planned:
    case CounterKind::sent: return second_of(now) - 59;
    case CounterKind::accepted_to_sent:
    case CounterKind::sent_to_delivered: return minute_of(now) - 59;
  }
  return 0;
}

void count(const TimelineRow& row, int sign, Timestamp now, CounterDeltas& deltas) {
  const auto add = [&](CounterKind kind, std::int64_t slot, int bucket) {
    if (slot >= horizon(kind, now)) deltas[{kind, slot, row.channel, bucket}] += sign;
  };
  const bool sandboxed = std::ranges::any_of(row.steps, &StepFact::sandbox);
  add(CounterKind::state, sandboxed ? sandboxed_slot : 0, state_code(row));
  if (row.plan) add(CounterKind::planned, second_of(row.plan->planned_at), 0);
  const auto sent = earliest(row, StepKind::sent);
  const auto delivered = earliest(row, StepKind::delivered);
  if (sent) add(CounterKind::sent, second_of(*sent), 0);
  if (sent && row.plan)
    add(CounterKind::accepted_to_sent, minute_of(*sent), latency_bucket(row.plan->accepted_at, *sent));
  if (sent && delivered)
    add(CounterKind::sent_to_delivered, minute_of(*delivered), latency_bucket(*sent, *delivered));
}

Stats stats_of(const std::vector<std::pair<Counter, std::int64_t>>& counters) {
  Stats stats;
  for (const Channel channel : all_channels) stats.channels[channel] = {};
  std::map<Channel, Histogram> accepted_to_sent, sent_to_delivered;
  for (const auto& [counter, n] : counters) {
    ChannelStats& channel = stats.channels[counter.channel];
    switch (counter.kind) {
      case CounterKind::events: stats.events_accepted += n; break;
      case CounterKind::state:
        if (n != 0) channel.states[std::string(state_name(counter.bucket))] += n;
        if (counter.slot == sandboxed_slot) channel.sandboxed += n;
        break;
      case CounterKind::planned: channel.planned_last_minute += n; break;
      case CounterKind::sent: channel.sent_last_minute += n; break;
      case CounterKind::accepted_to_sent: accepted_to_sent[counter.channel][counter.bucket] += n; break;
      case CounterKind::sent_to_delivered: sent_to_delivered[counter.channel][counter.bucket] += n; break;
    }
  }
  for (auto& [name, channel] : stats.channels) {
    channel.accepted_to_sent = summary_of(accepted_to_sent[name]);
    channel.sent_to_delivered = summary_of(sent_to_delivered[name]);
  }
  return stats;
}

}  // namespace vestnik::store
