// Reports against counting by hand: facts at random, and what must come of them.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "store/error_label.h"
#include "store/test_support.h"

namespace vestnik::store {

// What a report with these facts must show, counted the slow way.
class CountedByHand {
 public:
  explicit CountedByHand(const std::vector<Fact>& facts) : batch_(facts) {}

  // Group → what → counts, one for each time.
  std::map<std::string, std::map<std::string, std::vector<std::int64_t>>> series(
      const ReportQuery& query) const {
    std::map<std::string, std::map<std::string, std::vector<std::int64_t>>> series;
    const auto grains = (query.to - query.from) / width(query.grain);
    each_step(query, [&](const std::string& what, Timestamp at, const std::string& group, const StepFact*) {
      auto& counts = series[group][what];
      counts.resize(static_cast<std::size_t>(grains));
      ++counts[static_cast<std::size_t>((at - query.from) / width(query.grain))];
    });
    return series;
  }
  // (what, label, channel) → count.
  std::map<std::tuple<std::string, std::string, Channel>, std::int64_t> errors(
      const ReportQuery& query) const {
    std::map<std::tuple<std::string, std::string, Channel>, std::int64_t> errors;
    for (const TimelineRow& row : batch_.rows())
      for (const StepFact& step : row.steps)
        if (is_failure(step.kind) && step.at >= query.from && step.at < query.to && fits(row, &step, query))
          ++errors[{std::string(to_string(step.kind)), error_label(step.answer), row.channel}];
    return errors;
  }
  std::int64_t accepted(const ReportQuery& query) const {
    return std::ranges::count_if(batch_.events(), [&](const AcceptedFact& e) {
      return e.accepted_at >= query.from && e.accepted_at < query.to &&
             (query.event_type.empty() || e.event_type == query.event_type);
    });
  }

 private:
  static bool is(const std::string& asked, std::string_view has) { return asked.empty() || asked == has; }
  static bool fits(const TimelineRow& row, const StepFact* step, const ReportQuery& q) {
    return (!q.channel || *q.channel == row.channel) && is(q.provider, step ? step->provider : "") &&
           is(q.template_name, name_of(row)) && is(q.category, row.plan ? row.plan->category : "") &&
           is(q.event_type, row.plan ? row.plan->event_type : "");
  }
  static std::string name_of(const TimelineRow& row) {
    return row.plan ? row.plan->template_version.substr(0, row.plan->template_version.find('@')) : "";
  }
  static std::string group_of(const TimelineRow& row, const StepFact* step, GroupBy by) {
    switch (by) {
      case GroupBy::none: return "";
      case GroupBy::channel: return std::string(to_string(row.channel));
      case GroupBy::provider: return step ? step->provider : "";
      case GroupBy::template_name: return name_of(row);
      case GroupBy::category: return row.plan ? row.plan->category : "";
      case GroupBy::event_type: return row.plan ? row.plan->event_type : "";
      case GroupBy::error: return step ? error_label(step->answer) : "";
    }
    return "";
  }
  void each_step(const ReportQuery& q, const auto& visit) const {
    const auto in = [&](Timestamp at) { return at >= q.from && at < q.to; };
    for (const TimelineRow& row : batch_.rows()) {
      if (q.group_by != GroupBy::error && row.plan && in(row.plan->planned_at) && fits(row, nullptr, q))
        visit("planned", row.plan->planned_at, group_of(row, nullptr, q.group_by), nullptr);
      for (const StepFact& step : row.steps)
        if (step.kind != StepKind::sending && in(step.at) && fits(row, &step, q) &&
            (q.group_by != GroupBy::error || is_failure(step.kind)))
          visit(std::string(to_string(step.kind)), step.at, group_of(row, &step, q.group_by), &step);
    }
  }

  FactBatch batch_;
};

inline void expect_counted(const Report& report, const ReportQuery& query, const CountedByHand& counted) {
  std::map<std::string, std::map<std::string, std::vector<std::int64_t>>> series;
  for (const ReportGroup& group : report.groups) {
    if (!group.series.empty()) series[group.name] = group.series;
    for (const auto& [what, counts] : group.series) {
      std::int64_t sum = 0;
      for (const std::int64_t n : counts) sum += n;
      EXPECT_EQ(group.totals.at(what), sum);
    }
  }
  EXPECT_EQ(series, counted.series(query));
  const auto errors = counted.errors(query);
  EXPECT_EQ(report.top_errors.size(), std::min<std::size_t>(20, errors.size()));
  for (const ErrorCount& error : report.top_errors)
    EXPECT_EQ(error.count, (errors.contains({error.what, error.error, error.channel})
                                ? errors.at({error.what, error.error, error.channel})
                                : -1))
        << error.what << " " << error.error;
  EXPECT_TRUE(std::ranges::is_sorted(report.top_errors, std::greater{}, &ErrorCount::count));
  EXPECT_EQ(report.events_accepted, counted.accepted(query));
  std::int64_t accepted = 0;
  for (const std::int64_t n : report.accepted) accepted += n;
  EXPECT_EQ(accepted, report.events_accepted);
  EXPECT_EQ(report.accepted.size(), report.times.size());
}

// Stories that spread over `span`, each told in part, some of it twice and with another time.
inline std::vector<Fact> random_facts(std::mt19937& random, int notifications, std::chrono::minutes span) {
  std::vector<Fact> facts;
  const auto minutes = static_cast<std::uint32_t>(span.count());
  for (int i = 0; i < notifications; ++i) {
    Notification n =
        a_notification(i % (notifications / 2), i < notifications / 2 ? Channel::email : Channel::sms);
    n.accepted_at =
        t0 + std::chrono::minutes(random() % minutes) + std::chrono::milliseconds(random() % 60'000);
    n.planned_at = n.accepted_at + std::chrono::milliseconds(random() % 100);
    n.template_version = random() % 3 ? "welcome@1" : "receipt@2";
    n.category = random() % 4 ? "transactional" : "news";
    if (random() % 8) facts.emplace_back(an_event(n));
    if (random() % 10) facts.emplace_back(n);
    const int steps = static_cast<int>(random() % 6);
    Timestamp at = n.planned_at;
    for (int s = 0; s < steps; ++s) {
      at += std::chrono::milliseconds(random() % 40'000);
      const StepKind kind = all_step_kinds[random() % all_step_kinds.size()];
      Step step = a_step(n, kind, 1 + static_cast<int>(random() % 3), at);
      step.provider = kind == StepKind::skipped ? "" : random() % 2 ? "one" : "two";
      step.answer = random() % 2 ? "550 5.1.1 <x@y>" : fmt::format("45{} later", random() % 9);
      facts.emplace_back(step);
    }
  }
  return facts;
}

inline std::vector<ReportQuery> many_queries() {
  using namespace std::chrono_literals;
  const Timestamp day = std::chrono::floor<std::chrono::days>(t0);
  std::vector<ReportQuery> queries;
  for (const GroupBy by : {GroupBy::none, GroupBy::channel, GroupBy::provider, GroupBy::template_name,
                           GroupBy::category, GroupBy::event_type, GroupBy::error})
    queries.push_back({.from = day, .to = day + std::chrono::days(2), .grain = Grain::hour, .group_by = by});
  for (const Grain grain : {Grain::minute, Grain::hour, Grain::day})
    queries.push_back({.from = day, .to = day + std::chrono::days(2), .grain = grain});
  const Timestamp minute = std::chrono::floor<std::chrono::minutes>(t0);
  queries.push_back({.from = minute + 17min, .to = minute + 17min + 13h, .grain = Grain::minute});
  queries.push_back({.from = minute + 5min, .to = minute + 6min, .grain = Grain::minute});
  queries.push_back({.from = day, .to = day + std::chrono::days(2), .grain = Grain::hour, .provider = "one"});
  queries.push_back({.from = day,
                     .to = day + std::chrono::days(2),
                     .grain = Grain::day,
                     .group_by = GroupBy::provider,
                     .channel = Channel::sms,
                     .template_name = "welcome",
                     .category = "news",
                     .event_type = "user_registered"});
  return queries;
}

// The first line in which they differ.
inline std::string first_difference(std::string_view a, std::string_view b) {
  const auto line = [](std::string_view& text) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    return one;
  };
  while (!a.empty() || !b.empty()) {
    const std::string_view one = line(a), other = line(b);
    if (one != other) return fmt::format("{}\n{}", one, other);
  }
  return "";
}

}  // namespace vestnik::store
