#include "store/postgres/timeline_read.h"

#include <map>

#include "store/codes.h"
#include "store/report.h"
#include "store/timeline_row.h"

namespace vestnik::store::postgres {
namespace {

constexpr std::string_view select_row =
    "SELECT r.id, r.facts, e.event_type, e.accepted_at FROM readside_generations g "
    "JOIN readside_rows r ON r.generation = g.generation AND r.id = $1 "
    "LEFT JOIN readside_events e ON e.generation = r.generation AND e.event_id = r.event_id WHERE g.role = 0";
constexpr std::string_view select_counters =
    "SELECT c.kind, c.slot, c.grp, c.bucket, c.n FROM unnest($1::int8[], $2::int8[], $3::int8[]) "
    "AS t(kind, lowest, below) JOIN readside_counters c ON "
    "c.generation = (SELECT generation FROM readside_generations WHERE role = 0) "
    "AND c.kind = t.kind AND c.slot >= t.lowest AND c.slot < t.below";
constexpr std::string_view select_labels =
    "SELECT number, text FROM readside_names WHERE kind = 1 AND number = ANY ($1::int8[])";

Groups groups_in(const Rows& rows) {
  Groups groups;
  for (int i = 0; i < rows.size(); ++i) groups.add(static_cast<int>(rows.integer(i, 0)), rows.bytes(i, 1));
  return groups;
}

Statement counters_statement(const std::vector<SlotRange>& ranges) {
  std::vector<std::int64_t> kinds, from, to;
  for (const SlotRange& range : ranges) {
    kinds.push_back(range.kind);
    from.push_back(range.from);
    to.push_back(range.to);
  }
  return {select_counters, std::move(Parameters().integers(kinds).integers(from).integers(to))};
}

template <class Function>
void for_each_counter(const Rows& rows, Function function) {
  for (int i = 0; i < rows.size(); ++i)
    function(Counter{static_cast<int>(rows.integer(i, 0)), rows.integer(i, 1),
                     static_cast<int>(rows.integer(i, 2)), static_cast<int>(rows.integer(i, 3))},
             rows.integer(i, 4));
}

Rows run(const Try& go, Statement statement) {
  return go.connection.run({&statement, 1}, go.deadline).front();
}

Report report_one(const Try& go, const ReportQuery& query) {
  const Groups groups = groups_in(run(go, {select_groups, {}}));
  ReportBuilder builder(query, groups);
  for_each_counter(run(go, counters_statement(builder.ranges())),
                   [&](const Counter& counter, std::int64_t n) { builder.add(counter, n); });
  const std::vector<int> numbers = builder.labels();
  std::map<int, std::string> labels;
  if (!numbers.empty()) {
    const Rows rows =
        run(go, {select_labels, std::move(Parameters().integers({numbers.begin(), numbers.end()}))});
    for (int i = 0; i < rows.size(); ++i)
      labels[static_cast<int>(rows.integer(i, 0))] = std::string(rows.bytes(i, 1));
  }
  return std::move(builder).finish(labels);
}

}  // namespace

std::vector<std::optional<NotificationView>> view_all(const Try& go, const std::vector<std::string>& ids) {
  std::vector<Statement> statements;
  for (const std::string& id : ids) statements.push_back({select_row, std::move(Parameters().bytes(id))});
  std::vector<std::optional<NotificationView>> views;
  for (const Rows& rows : go.connection.run(statements, go.deadline)) {
    if (rows.size() == 0) {
      views.emplace_back();
      continue;
    }
    const TimelineRow row = unpack_facts(rows.bytes(0, 0), rows.bytes(0, 1));
    std::optional<AcceptedFact> event;
    if (!rows.is_null(0, 2))
      event = AcceptedFact{row.event_id, std::string(rows.bytes(0, 2)), from_unix_us(rows.integer(0, 3)),
                           row.user_id};
    views.emplace_back(view_of(row, event, true));
  }
  return views;
}

std::vector<Stats> count_all(const Try& go, const std::vector<Timestamp>& times) {
  std::vector<Statement> statements{{select_groups, {}}};
  for (const Timestamp now : times) statements.push_back(counters_statement(stats_ranges(now)));
  const std::vector<Rows> answers = go.connection.run(statements, go.deadline);
  const Groups groups = groups_in(answers.front());
  std::vector<Stats> all;
  for (std::size_t i = 1; i < answers.size(); ++i) {
    Counts counters;
    for_each_counter(answers[i],
                     [&](const Counter& counter, std::int64_t n) { counters.push_back({counter, n}); });
    all.push_back(stats_of(counters, groups));
  }
  return all;
}

std::vector<Report> report_all(const Try& go, const std::vector<ReportQuery>& queries) {
  std::vector<Report> reports;
  for (const ReportQuery& query : queries) reports.push_back(report_one(go, query));
  return reports;
}

}  // namespace vestnik::store::postgres
