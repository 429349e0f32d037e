#include "cli/stats_view.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "cli/answers.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

// As a notification passes them.
constexpr std::array<std::string_view, 13> states{
    "planned", "sending", "deferred", "retried",    "in_doubt", "sent",     "delivered",
    "bounced", "dead",    "expired",  "suppressed", "skipped",  "discarded"};
constexpr std::string_view sparkline_title = "SENT OVER TIME";
constexpr std::size_t sparkline_columns_min = sparkline_title.size(), sparkline_columns_max = 30;

std::string capitals(std::string_view name) {
  std::string text = words(name);
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::int64_t count_in(const json::object& counts, std::string_view name) {
  return integer_member(counts, name).value_or(0);
}

// 0 is only noise between the numbers that matter.
Cell count_cell(std::string_view state, std::int64_t count) {
  return {grouped(count), count == 0 ? Style::dim : style_of(state)};
}

// Those that something is in, anywhere.
std::vector<std::string_view> states_in(const std::vector<const json::object*>& counts) {
  std::vector<std::string_view> present;
  std::ranges::copy_if(states, std::back_inserter(present), [&](std::string_view state) {
    return std::ranges::any_of(counts, [&](const json::object* some) { return count_in(*some, state) != 0; });
  });
  return present;
}

void add_percentiles(std::vector<Cell>& row, const json::object& latency) {
  for (const char* name : {"p50", "p90", "p99"}) {
    const json::value* value = latency.if_contains(name);
    const bool known = value && value->is_number() && count_in(latency, "count") > 0;
    row.emplace_back(known ? latency_text(value->to_number<double>()) : "–");
  }
}

std::vector<std::int64_t> numbers(const json::array& array) {
  std::vector<std::int64_t> values;
  for (const json::value& value : array) values.push_back(value.is_int64() ? value.get_int64() : 0);
  return values;
}

std::string titled(std::string_view title, const Table& table, const ViewOptions& options) {
  return table.empty() ? "" : fmt::format("\n{}\n{}", title, table.text(options.columns, options.coloured));
}

const json::object& latency_of(const json::object& object, std::string_view name) {
  return object_of(object_of(object, "latency_ms"), name);
}

Table states_table(const json::object& channels) {
  std::vector<const json::object*> counts;
  for (const auto& member : channels)
    counts.push_back(&object_of(channels.at(member.key()).as_object(), "states"));
  const auto present = states_in(counts);
  std::vector<Table::Column> columns{"CHANNEL"};
  for (const std::string_view state : present) columns.emplace_back(capitals(state), true);
  columns.emplace_back("SANDBOX", true);
  Table table(std::move(columns));
  for (const auto& [channel, value] : channels) {
    std::vector<Cell> row{std::string(channel)};
    for (const std::string_view state : present)
      row.push_back(count_cell(state, count_in(object_of(value.as_object(), "states"), state)));
    row.push_back(count_cell("", count_in(value.as_object(), "sandboxed")));
    table.add(std::move(row));
  }
  return table;
}

Table rates_table(const json::object& channels) {
  Table table({"CHANNEL",
               {"PLANNED", true},
               {"SENT", true},
               {"SENT P50", true},
               {"P90", true},
               {"P99", true},
               {"DELIVERED P50", true},
               {"P90", true},
               {"P99", true}});
  for (const auto& [channel, value] : channels) {
    const json::object& stats = value.as_object();
    std::vector<Cell> row{std::string(channel), grouped(count_in(stats, "planned_last_minute")),
                          grouped(count_in(stats, "sent_last_minute"))};
    add_percentiles(row, latency_of(stats, "accepted_to_sent"));
    add_percentiles(row, latency_of(stats, "sent_to_delivered"));
    table.add(std::move(row));
  }
  return table;
}

// What groups hold, of all of them.
std::vector<const json::object*> parts_of(const json::array& groups, std::string_view part) {
  std::vector<const json::object*> parts;
  for (const json::value& group : groups) parts.push_back(&object_of(group.as_object(), part));
  return parts;
}

// Empty: it isn't grouped.
std::string grouped_by(const json::object& range) {
  const std::string by = text_of(range, "group_by");
  return by == "none" ? "" : by;
}

// What has no template, say, because it was skipped, is a group too.
std::string name_of(const json::object& group, const std::string& by) {
  const std::string name = text_of(group, "name");
  return !name.empty() ? name : by.empty() ? "all" : "–";
}

// `sparkline_columns` 0: without.
Table groups_table(const json::object& range, std::size_t sparkline_columns) {
  const json::array& groups = array_of(range, "groups");
  const auto present = states_in(parts_of(groups, "totals"));
  const std::string by = grouped_by(range);
  std::vector<Table::Column> columns{capitals(by)};
  for (const std::string_view state : present) columns.emplace_back(capitals(state), true);
  for (const char* percentile : {"SENT P50", "P90", "P99"}) columns.emplace_back(percentile, true);
  if (sparkline_columns > 0) columns.emplace_back(std::string(sparkline_title));
  Table table(std::move(columns));
  for (const json::value& value : groups) {
    const json::object& group = value.as_object();
    std::vector<Cell> row{name_of(group, by)};
    for (const std::string_view state : present)
      row.push_back(count_cell(state, count_in(object_of(group, "totals"), state)));
    add_percentiles(row, latency_of(group, "accepted_to_sent"));
    if (sparkline_columns > 0)
      row.emplace_back(sparkline(numbers(array_of(object_of(group, "series"), "sent")), sparkline_columns),
                       Style::cyan);
    table.add(std::move(row));
  }
  return table;
}

// Cut, a sparkline would lose the present: it gets what the terminal leaves, or none.
Table groups_table(const json::object& range, const ViewOptions& options) {
  Table bare = groups_table(range, 0);
  if (!options.columns) return groups_table(range, sparkline_columns_max);
  const std::size_t taken = bare.columns() + 2;
  const std::size_t left = *options.columns - std::min(*options.columns, taken);
  if (left < sparkline_columns_min) return bare;
  return groups_table(range, std::min(left, sparkline_columns_max));
}

Table errors_table(const json::array& errors) {
  Table table({{"COUNT", true}, "CHANNEL", "WHAT", "ERROR"});
  for (const json::value& value : errors) {
    const json::object& error = value.as_object();
    const std::string what = text_of(error, "what");
    table.add({grouped(count_in(error, "count")),
               text_of(error, "channel"),
               {words(what), style_of(what)},
               text_of(error, "error")});
  }
  return table;
}

// The steps of time in which something happened.
Table times_table(const json::object& range) {
  const json::array& groups = array_of(range, "groups");
  const json::array& times = array_of(range, "times");
  const auto present = states_in(parts_of(groups, "totals"));
  const std::string by = grouped_by(range);
  std::vector<Table::Column> columns{"FROM (UTC)", ""};
  for (const std::string_view state : present) columns.emplace_back(capitals(state), true);
  Table table(std::move(columns));
  for (std::size_t i = 0; i < times.size(); ++i)
    for (const json::value& group : groups) {
      const json::object& series = object_of(group.as_object(), "series");
      std::vector<Cell> row{short_time(times[i].is_string() ? std::string_view(times[i].get_string()) : ""),
                            name_of(group.as_object(), by)};
      bool any = false;
      for (const std::string_view state : present) {
        const auto values = numbers(array_of(series, state));
        const std::int64_t count = i < values.size() ? values[i] : 0;
        any = any || count != 0;
        row.push_back(count_cell(state, count));
      }
      if (any) table.add(std::move(row));
    }
  return table;
}

}  // namespace

std::string latency_text(double milliseconds) {
  if (milliseconds < 10) return fmt::format("{:.1f} ms", milliseconds);
  if (milliseconds < 1000) return fmt::format("{:.0f} ms", milliseconds);
  if (milliseconds < 60e3) return fmt::format("{:.1f} s", milliseconds / 1e3);
  if (milliseconds < 3600e3) return fmt::format("{:.0f} min", milliseconds / 60e3);
  return fmt::format("{:.0f} h", milliseconds / 3600e3);
}

std::string stats_now(const json::object& stats, const ViewOptions& options) {
  const json::object& channels = object_of(stats, "channels");
  return fmt::format("Events accepted: {}\n", grouped(count_in(stats, "events_accepted"))) +
         titled("Notifications by state", states_table(channels), options) +
         titled("The last minute, and the last hour's latency: accepted to sent, sent to delivered",
                rates_table(channels), options);
}

std::string stats_range(const json::object& range, bool by_time, const ViewOptions& options) {
  const auto accepted = numbers(array_of(range, "accepted"));
  std::int64_t sum = 0;
  for (const std::int64_t count : accepted) sum += count;
  std::string text =
      fmt::format("{} to {} UTC, by the {}\nEvents accepted: {}", short_time(text_of(range, "from")),
                  short_time(text_of(range, "to")), text_of(range, "step"), grouped(sum));
  if (const std::string line = sparkline(accepted, sparkline_columns_max); !line.empty())
    text += "  " + styled(line, Style::cyan, options.coloured);
  text += '\n';
  text += titled("Notifications", groups_table(range, options), options);
  if (by_time) text += titled("Step by step", times_table(range), options);
  return text + titled("Most frequent errors", errors_table(array_of(range, "errors")), options);
}

}  // namespace vestnik::cli
