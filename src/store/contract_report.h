// The store contract: reports, against counting by hand. Included by contract_test.h.
#pragma once

#include <algorithm>
#include <random>

#include "store/contract_test.h"
#include "store/report_test_support.h"

namespace vestnik::store {

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
