// The store contract: reports, against counting by hand. Included by contract_test.h.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/contract_test.h"
#include "store/counters.h"
#include "store/error_label.h"

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

// Facts as they come: in any order, redelivered, beside a rebuild from the log. What is counted is what there
// is.
TEST_P(StoreContract, ReportsCountWhatThereIsWhateverTheOrderRepetitionAndRebuilds) {
  std::mt19937 random(11);
  std::vector<Fact> facts = random_facts(random, 200, std::chrono::hours(30));
  std::string first;
  for (int round = 0; round < 3; ++round) {
    if (round > 0) {
      TearDown();
      SetUp();
    }
    const std::vector<Fact> log = facts;
    const Timestamp now = t0 + std::chrono::hours(31);
    std::ranges::shuffle(facts, random);
    std::optional<RebuildId> rebuild;
    std::size_t rebuilt = 0;
    bool begun_anew = round != 2;
    for (std::size_t at = 0; at < facts.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random() % 60, facts.size() - at);
      applied(timeline(),
              {facts.begin() + static_cast<std::ptrdiff_t>(at),
               facts.begin() + static_cast<std::ptrdiff_t>(at + n)},
              now);
      if (random() % 3 == 0) {  // redelivered
        const auto again = static_cast<std::ptrdiff_t>(random() % (at + 1));
        applied(timeline(), {facts.begin() + again, facts.begin() + static_cast<std::ptrdiff_t>(at + n)},
                now);
      }
      at += n;
      if (round > 0 && !rebuild && at > facts.size() / 3) rebuild = rebuild_begun(timeline());
      if (!begun_anew && at > 2 * facts.size() / 3) {  // as after a crash
        rebuild = rebuild_begun(timeline());
        rebuilt = 0;
        begun_anew = true;
      }
      if (rebuild && rebuilt < log.size()) {
        const std::size_t step = std::min<std::size_t>(1 + random() % 90, log.size() - rebuilt);
        EXPECT_TRUE(rebuilt_with(timeline(), *rebuild,
                                 {log.begin() + static_cast<std::ptrdiff_t>(rebuilt),
                                  log.begin() + static_cast<std::ptrdiff_t>(rebuilt + step)},
                                 now));
        rebuilt += step;
      }
    }
    if (rebuild) {
      for (; rebuilt < log.size(); rebuilt += 50)
        EXPECT_TRUE(
            rebuilt_with(timeline(), *rebuild,
                         {log.begin() + static_cast<std::ptrdiff_t>(rebuilt),
                          log.begin() + static_cast<std::ptrdiff_t>(std::min(rebuilt + 50, log.size()))},
                         now));
      EXPECT_TRUE(rebuild_finished(timeline(), *rebuild));
      shed_all(timeline());
    }
    const CountedByHand counted(facts);
    std::string everything = shown(stats(timeline(), now));
    for (const ReportQuery& query : many_queries()) {
      const Report report = reported(timeline(), query);
      expect_counted(report, query, counted);
      everything += "\n" + shown(report);
    }
    for (const NotificationView& view : searched_through(timeline(), {}, 33))
      everything += "\n" + shown(view);
    if (round == 0) first = everything;
    EXPECT_EQ(first_difference(everything, first), "") << "round " << round;
  }
}

TEST_P(StoreContract, AReportTellsLatenciesOfEachStage) {
  std::vector<Fact> facts;
  for (int i = 0; i < 100; ++i) {
    Notification n = a_notification(i);
    n.planned_at = n.accepted_at + std::chrono::milliseconds(10);
    facts.emplace_back(n);
    facts.emplace_back(a_step(n, StepKind::sent, 1, after(i < 90 ? 110 : 1010)));
    if (i < 50) facts.emplace_back(a_step(n, StepKind::delivered, 1, after(2110)));
  }
  applied(timeline(), facts);
  // In the minutes of an hour, in an hour, in a day: the same.
  const Timestamp hour = std::chrono::floor<std::chrono::hours>(t0);
  for (const ReportQuery& query :
       {ReportQuery{.from = t0, .to = after(1), .grain = Grain::minute},
        ReportQuery{.from = hour - std::chrono::minutes(7),
                    .to = hour + std::chrono::hours(5),
                    .grain = Grain::minute},
        ReportQuery{
            .from = hour - std::chrono::hours(30), .to = hour + std::chrono::hours(50), .grain = Grain::hour},
        ReportQuery{
            .from = t0 - std::chrono::days(200), .to = t0 + std::chrono::days(150), .grain = Grain::day}}) {
    const Report report = reported(timeline(), query);
    ASSERT_EQ(report.groups.size(), 1u);
    const auto& latency = report.groups[0].latency;
    ASSERT_EQ(latency.size(), 4u);
    EXPECT_EQ(latency.at("accepted_to_planned").count, 100);
    EXPECT_NEAR(latency.at("accepted_to_planned").p50_ms, 10, 1.1);
    EXPECT_NEAR(latency.at("planned_to_sent").p50_ms, 100, 10.1);
    EXPECT_NEAR(latency.at("accepted_to_sent").p90_ms, 110, 11.1);
    EXPECT_NEAR(latency.at("accepted_to_sent").p99_ms, 1010, 101.1);
    EXPECT_EQ(latency.at("sent_to_delivered").count, 50);
  }
  const Report by_provider = reported(timeline(), {t0, after(1), Grain::minute, GroupBy::provider});
  ASSERT_EQ(by_provider.groups.size(), 2u);
  EXPECT_EQ(by_provider.groups[0].name, "") << "planning has no provider";
  EXPECT_EQ(by_provider.groups[0].latency.size(), 1u);
  EXPECT_EQ(by_provider.groups[1].name, "smtp");
  EXPECT_EQ(by_provider.groups[1].latency.at("accepted_to_sent").count, 100);
}

TEST_P(StoreContract, AReportOfNothingHasItsTimesAndNoGroups) {
  const Report report = reported(timeline(), {after(0), after(150'000), Grain::minute});
  EXPECT_EQ(report.from, std::chrono::floor<std::chrono::minutes>(t0));
  EXPECT_EQ(report.to, std::chrono::ceil<std::chrono::minutes>(after(150'000)));
  ASSERT_GE(report.times.size(), 3u);
  EXPECT_EQ(report.times.front(), report.from);
  EXPECT_EQ(report.times.back() + width(Grain::minute), report.to);
  EXPECT_EQ(report.accepted, std::vector<std::int64_t>(report.times.size()));
  EXPECT_TRUE(report.groups.empty());
  EXPECT_TRUE(report.top_errors.empty());
  EXPECT_TRUE(reported(timeline(), {after(0), after(0), Grain::day}).groups.empty());
  EXPECT_TRUE(reported(timeline(), {after(5), after(0), Grain::hour}).groups.empty());
}

TEST_P(StoreContract, CountsAreKeptAsLongAsTheirGrain) {
  using std::chrono::days;
  const auto reports = [&](Grain grain) {
    const Report report = reported(timeline(), {t0 - days(1), t0 + days(1), grain});
    std::int64_t planned = 0;
    for (const ReportGroup& group : report.groups)
      if (group.totals.contains("planned")) planned += group.totals.at("planned");
    return planned;
  };
  applied(timeline(), {a_notification(1)});
  EXPECT_EQ(reports(Grain::minute), 1);
  const std::int64_t rows = rows_of("readside_counters");
  applied(timeline(), {a_notification(1)}, t0 + days(70));
  EXPECT_EQ(reports(Grain::minute), 0);
  EXPECT_EQ(reports(Grain::hour), 1);
  EXPECT_LT(rows_of("readside_counters"), rows);
  applied(timeline(), {a_notification(1)}, t0 + days(390));
  EXPECT_EQ(reports(Grain::day), 1);
  applied(timeline(), {a_notification(1)}, t0 + days(450));
  EXPECT_EQ(reports(Grain::day), 0);
  EXPECT_EQ(rows_of("readside_counters"), 1) << "its state";
}

}  // namespace vestnik::store
