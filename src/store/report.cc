#include "store/report.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <tuple>

#include "store/tally.h"
#include "store/timeline_row.h"

namespace vestnik::store {
namespace {

constexpr std::size_t top_errors_max = 20;
// Grouped by error: as many get a series of their own, the rest goes to "other".
constexpr std::size_t error_groups_max = 50;

constexpr std::array latency_measures{
    std::pair{Measure::accepted_to_planned, "accepted_to_planned"},
    std::pair{Measure::planned_to_sent, "planned_to_sent"},
    std::pair{Measure::accepted_to_sent, "accepted_to_sent"},
    std::pair{Measure::sent_to_delivered, "sent_to_delivered"},
};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return -floor_div(-a, b); }
Span wider(Span span) { return static_cast<Span>(static_cast<int>(span) + 1); }

// from <= minute < to, as few slots as can be: the widest in the middle, narrower ones at the edges.
void cover(Measure measure, std::int64_t from, std::int64_t to, Span narrowest, std::vector<SlotRange>& out) {
  for (Span span = narrowest; from < to; span = wider(span)) {
    const std::int64_t width = minutes_in(span);
    const std::int64_t next_width = span == Span::block ? 0 : minutes_in(wider(span));
    const std::int64_t middle = next_width == 0 ? to : ceil_div(from, next_width) * next_width;
    const std::int64_t middle_end = next_width == 0 ? to : floor_div(to, next_width) * next_width;
    const int kind = kinds::of(measure, span);
    if (span == Span::block || middle >= middle_end) {
      out.push_back({kind, from / width, to / width});
      return;
    }
    if (from < middle) out.push_back({kind, from / width, middle / width});
    if (middle_end < to) out.push_back({kind, middle_end / width, to / width});
    from = middle;
    to = middle_end;
  }
}

void sum_up(ReportGroup& group) {
  for (const auto& [name, series] : group.series)
    for (const std::int64_t n : series) group.totals[name] += n;
}

void merge(ReportGroup& into, const ReportGroup& from) {
  for (const auto& [name, series] : from.series) {
    auto& sum = into.series[name];
    sum.resize(series.size());
    for (std::size_t i = 0; i < series.size(); ++i) sum[i] += series[i];
  }
}

// Those with the `max` greatest counts, in no order; more if several have the last of them.
template <class Key>
std::vector<std::pair<Key, std::int64_t>> most_frequent(const std::map<Key, std::int64_t>& counts,
                                                        std::size_t max) {
  std::vector<std::pair<Key, std::int64_t>> all;
  std::vector<std::int64_t> sizes;
  for (const auto& [key, n] : counts) {
    if (n <= 0) continue;
    all.emplace_back(key, n);
    sizes.push_back(n);
  }
  if (sizes.size() <= max) return all;
  const auto last = sizes.begin() + static_cast<std::ptrdiff_t>(max) - 1;
  std::ranges::nth_element(sizes, last, std::greater{});
  std::erase_if(all, [&](const auto& entry) { return entry.second < *last; });
  return all;
}

}  // namespace

std::vector<SlotRange> stats_ranges(Timestamp now) {
  constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();
  std::vector<SlotRange> ranges{{kinds::events, 0, end},
                                {kinds::state, 0, end},
                                {kinds::planned, second_of(now) - 59, end},
                                {kinds::sent, second_of(now) - 59, end}};
  for (const Measure measure : {Measure::accepted_to_sent, Measure::sent_to_delivered})
    ranges.push_back({kinds::of(measure, Span::minute), minute_of(now) - 59, end});
  return ranges;
}

Stats stats_of(const Counts& counters, const Groups& groups) {
  Stats stats;
  for (const Channel channel : all_channels) stats.channels[channel] = {};
  std::map<Channel, Histogram> accepted_to_sent, sent_to_delivered;
  for (const auto& [counter, n] : counters) {
    const Channel name = groups.at(counter.group).channel.value_or(Channel::email);
    ChannelStats& channel = stats.channels[name];
    switch (counter.kind) {
      case kinds::events: stats.events_accepted += n; break;
      case kinds::state:
        if (n != 0) channel.states[std::string(state_name(counter.bucket))] += n;
        if (counter.slot == sandboxed_slot) channel.sandboxed += n;
        break;
      case kinds::planned: channel.planned_last_minute += n; break;
      case kinds::sent: channel.sent_last_minute += n; break;
      case kinds::of(Measure::accepted_to_sent, Span::minute):
        accepted_to_sent[name].add(counter.bucket, n);
        break;
      default: sent_to_delivered[name].add(counter.bucket, n); break;
    }
  }
  for (auto& [name, channel] : stats.channels) {
    channel.accepted_to_sent = accepted_to_sent[name].summary();
    channel.sent_to_delivered = sent_to_delivered[name].summary();
  }
  return stats;
}

ReportBuilder::ReportBuilder(ReportQuery query, const Groups& groups)
    : query_(std::move(query)), groups_(groups), span_(span_of(query_.grain)) {
  const std::int64_t width = minutes_in(span_);
  const auto end = std::chrono::ceil<std::chrono::minutes>(query_.to).time_since_epoch().count();
  from_ = floor_div(minute_of(query_.from), width);
  to_ = std::max(from_, ceil_div(end, width));
  report_.grain = query_.grain;
  const auto time_of = [&](std::int64_t slot) { return Timestamp(std::chrono::minutes(slot * width)); };
  report_.from = time_of(from_);
  report_.to = time_of(to_);
  for (std::int64_t slot = from_; slot < to_; ++slot) report_.times.push_back(time_of(slot));
  report_.accepted.resize(report_.times.size());
  wanted_.resize(range_of(NameKind::group).end);
  group_names_.resize(wanted_.size());
  series_.resize(wanted_.size());
  histograms_.resize(wanted_.size());
  groups.for_each([&](int number, const Group& group) {
    const bool other = groups.is_other(number);
    const auto passes = [&](const std::string& asked, const std::string& has) {
      return asked.empty() || (!other && asked == has);
    };
    wanted_[static_cast<std::size_t>(number)] =
        (!query_.channel || group.channel == query_.channel) && passes(query_.provider, group.provider) &&
        passes(query_.template_name, group.template_name) && passes(query_.category, group.category) &&
        passes(query_.event_type, group.event_type);
    group_names_[static_cast<std::size_t>(number)] = groups.name(number, query_.group_by);
  });
}

std::vector<SlotRange> ReportBuilder::ranges() const {
  std::vector<SlotRange> ranges{{kinds::of(Measure::accepted, span_), from_, to_}};
  if (query_.group_by == GroupBy::error) {
    ranges.push_back({kinds::of(Measure::errors, span_), from_, to_});
    return ranges;
  }
  ranges.push_back({kinds::of(Measure::steps, span_), from_, to_});
  const std::int64_t width = minutes_in(span_);
  cover(Measure::errors, from_ * width, to_ * width, span_, ranges);
  for (const auto& [measure, name] : latency_measures)
    cover(measure, from_ * width, to_ * width, span_, ranges);
  return ranges;
}

bool ReportBuilder::is_wanted(int group) const {
  const auto index = static_cast<std::size_t>(group);
  return index < wanted_.size() && wanted_[index];
}

void ReportBuilder::add(const Counter& counter, std::int64_t n) {
  switch (const auto measure = static_cast<Measure>(counter.kind / 4); measure) {
    case Measure::accepted: {
      const Group& group = groups_.at(counter.group);
      const bool other = groups_.is_other(counter.group);
      if (!query_.event_type.empty() && (other || group.event_type != query_.event_type)) return;
      report_.accepted[static_cast<std::size_t>(counter.slot - from_)] += n;
      report_.events_accepted += n;
      return;
    }
    case Measure::steps:
      if (is_wanted(counter.group)) add_step(counter, n);
      return;
    case Measure::errors:
      if (is_wanted(counter.group)) add_error(counter, n);
      return;
    default:
      if (is_wanted(counter.group)) add_latency(counter, n);
  }
}

ReportGroup& ReportBuilder::group_named(const std::string& name) {
  ReportGroup& group = by_name_[name];
  group.name = name;
  return group;
}

std::vector<std::int64_t>& ReportBuilder::series_in(ReportGroup& group, int state) const {
  auto& series = group.series[std::string(state_name(state))];
  series.resize(report_.times.size());
  return series;
}

void ReportBuilder::add_step(const Counter& counter, std::int64_t n) {
  const auto group = static_cast<std::size_t>(counter.group);
  auto& by_state = series_[group];
  const auto state = std::min(static_cast<std::size_t>(counter.bucket), by_state.size() - 1);
  if (!by_state[state]) by_state[state] = &series_in(group_named(group_names_[group]), counter.bucket);
  (*by_state[state])[static_cast<std::size_t>(counter.slot - from_)] += n;
}

void ReportBuilder::add_error(const Counter& counter, std::int64_t n) {
  const auto [state, label] = error_of_bucket(counter.bucket);
  errors_[{state, label, groups_.at(counter.group).channel.value_or(Channel::email)}] += n;
  if (query_.group_by == GroupBy::error)
    series_in(by_label_[label], state)[static_cast<std::size_t>(counter.slot - from_)] += n;
}

void ReportBuilder::add_latency(const Counter& counter, std::int64_t n) {
  const auto group = static_cast<std::size_t>(counter.group);
  const int measure = counter.kind / 4;
  Histogram*& histogram = histograms_[group].at(static_cast<std::size_t>(measure));
  if (!histogram) histogram = &latencies_[{group_names_[group], static_cast<Measure>(measure)}];
  histogram->add(counter.bucket, n);
}

// Labels' numbers follow from the order in which they came; a report does not.
std::vector<int> ReportBuilder::labels() const {
  std::set<int> labels;
  for (const auto& [key, n] : most_frequent(errors_, top_errors_max)) labels.insert(key.label);
  for (const auto& [label, n] : most_frequent(label_sizes(), error_groups_max)) labels.insert(label);
  return {labels.begin(), labels.end()};
}

std::map<int, std::int64_t> ReportBuilder::label_sizes() const {
  std::map<int, std::int64_t> sizes;
  if (query_.group_by == GroupBy::error)
    for (const auto& [key, n] : errors_) sizes[key.label] += n;
  return sizes;
}

void ReportBuilder::finish_errors(const std::map<int, std::string>& labels) {
  const auto name_of = [&](int label) {
    const auto found = labels.find(label);
    return found == labels.end() ? std::string(other_name) : found->second;
  };
  for (const auto& [key, n] : most_frequent(errors_, top_errors_max))
    report_.top_errors.push_back({std::string(state_name(key.state)), name_of(key.label), key.channel, n});
  std::ranges::sort(report_.top_errors, [](const ErrorCount& a, const ErrorCount& b) {
    return std::tie(b.count, a.what, a.error, a.channel) < std::tie(a.count, b.what, b.error, b.channel);
  });
  if (report_.top_errors.size() > top_errors_max) report_.top_errors.resize(top_errors_max);

  std::vector<std::tuple<std::int64_t, std::string, int>> own;  // the most frequent first
  for (const auto& [label, n] : most_frequent(label_sizes(), error_groups_max))
    own.emplace_back(-n, name_of(label), label);
  std::ranges::sort(own);
  if (own.size() > error_groups_max) own.resize(error_groups_max);
  for (const auto& [label, group] : by_label_) {
    const bool has_own = std::ranges::any_of(own, [&](const auto& o) { return std::get<int>(o) == label; });
    merge(group_named(has_own ? name_of(label) : std::string(other_name)), group);
  }
}

Report ReportBuilder::finish(const std::map<int, std::string>& labels) && {
  finish_errors(labels);
  for (const auto& [key, histogram] : latencies_) {
    const auto name = std::ranges::find(latency_measures, key.second, [](const auto& m) { return m.first; });
    if (const LatencySummary summary = histogram.summary(); summary.count > 0)
      group_named(key.first).latency[name->second] = summary;
  }
  for (auto& [name, group] : by_name_) {
    std::erase_if(group.series, [](const auto& series) {
      return std::ranges::all_of(series.second, [](std::int64_t n) { return n == 0; });
    });
    sum_up(group);
    if (!group.series.empty() || !group.latency.empty()) report_.groups.push_back(std::move(group));
  }
  return std::move(report_);
}

}  // namespace vestnik::store
