#include "store/counters.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace vestnik::store {
namespace {

constexpr double bucket_growth = 1.1;

constexpr std::int64_t day_minutes = minutes_in(Span::day);
constexpr std::int64_t kept_longest_minutes = 400 * day_minutes;

std::int64_t kept_minutes(Measure measure, Span span) {
  const bool is_count = measure == Measure::steps || measure == Measure::accepted;
  switch (span) {
    case Span::minute: return (is_count ? 62 : 2) * day_minutes;
    case Span::hour: return is_count ? kept_longest_minutes : 62 * day_minutes;
    case Span::day:
    case Span::block: return kept_longest_minutes;
  }
  return kept_longest_minutes;
}

bool is_kept(Measure measure, Span span) {
  return span != Span::block || (measure != Measure::steps && measure != Measure::accepted);
}

Measure measure_of(int kind) { return static_cast<Measure>(kind / 4); }
Span span_of(int kind) { return static_cast<Span>(kind % 4); }
bool is_over_time(int kind) { return kind >= kinds::of(Measure::steps, Span::minute); }

}  // namespace

namespace kinds {

std::span<const int> all() {
  static const std::vector<int> kinds = [] {
    std::vector<int> out{events, state, planned, sent};
    for (const Measure measure : all_measures)
      for (const Span span : all_spans)
        if (is_kept(measure, span)) out.push_back(of(measure, span));
    return out;
  }();
  return kinds;
}

}  // namespace kinds

Span span_of(Grain grain) {
  switch (grain) {
    case Grain::minute: return Span::minute;
    case Grain::hour: return Span::hour;
    case Grain::day: return Span::day;
  }
  return Span::minute;
}

std::chrono::seconds width(Grain grain) { return std::chrono::minutes(minutes_in(span_of(grain))); }

std::int64_t second_of(Timestamp t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}
std::int64_t minute_of(Timestamp t) {
  return std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count();
}

std::int64_t horizon(int kind, Timestamp now) {
  if (kind == kinds::planned || kind == kinds::sent) return second_of(now) - 3600;
  if (!is_over_time(kind)) return 0;
  const Span span = span_of(kind);
  return floor_div(minute_of(now) - kept_minutes(measure_of(kind), span), minutes_in(span));
}

void CounterDeltas::add(Measure measure, Timestamp at, int group, int bucket, std::int64_t change) {
  add({kinds::of(measure, Span::minute), minute_of(at), group, bucket}, change);
}

Counts CounterDeltas::to_write(Timestamp now) const {
  Counts all;
  all.reserve(2 * changes_.size());
  const auto put = [&](const Counter& counter, std::int64_t change) {
    if (counter.slot >= horizon(counter.kind, now)) all.push_back({counter, change});
  };
  for (const auto& [counter, change] : changes_) {
    if (change == 0) continue;
    if (!is_over_time(counter.kind)) {
      put(counter, change);
      continue;
    }
    const Measure measure = measure_of(counter.kind);
    for (const Span span : all_spans)
      if (is_kept(measure, span))
        put({kinds::of(measure, span), floor_div(counter.slot, minutes_in(span)), counter.group,
             counter.bucket},
            change);
  }
  std::ranges::sort(all, {}, [](const auto& entry) { return entry.first; });
  Counts out;
  for (const auto& [counter, change] : all) {
    if (!out.empty() && out.back().first == counter)
      out.back().second += change;
    else
      out.push_back({counter, change});
  }
  std::erase_if(out, [](const auto& entry) { return entry.second == 0; });
  return out;
}

int latency_bucket(Timestamp from, Timestamp to) {
  const double ms = static_cast<double>((to - from).count()) / 1000;
  if (ms <= 1) return 0;  // also a clock that was set back in between
  // The small subtraction keeps an exact power of the growth in its own bucket.
  return std::min(latency_bucket_max,
                  static_cast<int>(std::ceil(std::log(ms) / std::log(bucket_growth) - 1e-9)));
}

double latency_bound_ms(int bucket) { return std::pow(bucket_growth, bucket); }

void Histogram::add(int bucket, std::int64_t n) {
  counts_[static_cast<std::size_t>(std::clamp(bucket, 0, latency_bucket_max))] += n;
}

LatencySummary Histogram::summary() const {
  LatencySummary summary;
  for (const std::int64_t n : counts_) summary.count += n;
  if (summary.count <= 0) return {};
  const auto percentile = [&](double q) {
    const auto wanted = static_cast<std::int64_t>(std::ceil(q * static_cast<double>(summary.count)));
    std::int64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= wanted) return latency_bound_ms(static_cast<int>(bucket));
    }
    return 0.0;
  };
  summary.p50_ms = percentile(0.50);
  summary.p90_ms = percentile(0.90);
  summary.p99_ms = percentile(0.99);
  return summary;
}

}  // namespace vestnik::store
