// `vestnik stats`: how it is now, or how it was in a range of time.
#include <array>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "cli/answers.h"
#include "cli/command.h"
#include "cli/stats_view.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

struct StatsLine {
  ApiAccess access;
  std::string from, to, step, group_by, channel, provider, template_name, category, event_type;
  bool by_time = false, json = false;
};

// The query; empty: how it is now.
std::string query_of(const StatsLine& line) {
  const std::array<std::pair<const char*, std::string>, 9> fields{{{"from", time_argument(line.from)},
                                                                   {"to", time_argument(line.to)},
                                                                   {"step", line.step},
                                                                   {"group_by", line.group_by},
                                                                   {"channel", line.channel},
                                                                   {"provider", line.provider},
                                                                   {"template", line.template_name},
                                                                   {"category", line.category},
                                                                   {"event_type", line.event_type}}};
  std::string query;
  for (const auto& [name, value] : fields)
    if (!value.empty())
      query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, net::url_escaped(value));
  // A step alone would ask for the last hour too.
  return query.empty() && line.by_time ? "?from=" + net::url_escaped(time_argument("1h")) : query;
}

int stats(const StatsLine& line) {
  const ApiClient client(line.access);
  const std::string query = query_of(line);
  const ApiAnswer answer = client.get("/v1/stats" + query);
  client.expect_ok(answer, "statistics");
  if (!query.empty() && !answer.body.contains("range"))
    throw CommandError(exit_unreachable, client.address() +
                                             " knows no statistics by time; it is an older Vestnik than this "
                                             "command");
  const ViewOptions view{.columns = terminal_columns(), .coloured = colours(stdout)};
  if (line.json) {
    std::cout << json::serialize(answer.body) << '\n';
  } else if (query.empty()) {
    std::cout << stats_now(answer.body, view);
  } else {
    std::cout << stats_range(object_of(answer.body, "range"), line.by_time, view);
  }
  return exit_done;
}

}  // namespace

Command stats_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand("stats", "Counts, rates and latency: now, or in a range of time");
  const auto line = std::make_shared<StatsLine>();
  constexpr const char* time_help = " a time such as 2026-11-23T14:17:06Z, or how long ago: 30m, 2h, 7d";
  command->add_option("--from", line->from, std::string("From when:") + time_help)->type_name("TIME");
  command->add_option("--to", line->to, std::string("Until when (default: now):") + time_help)
      ->type_name("TIME");
  command->add_option("--step", line->step, "Counted by this (default: as the range is long)")
      ->check(CLI::IsMember({"minute", "hour", "day"}))
      ->type_name("STEP");
  command->add_option("--group-by", line->group_by, "One row for each")
      ->check(CLI::IsMember({"channel", "provider", "template", "category", "event_type", "error"}))
      ->type_name("WHAT");
  add_channel(*command, line->channel);
  command->add_option("--provider", line->provider, "Only this provider")->type_name("NAME");
  command->add_option("--template", line->template_name, "Only this template")->type_name("NAME");
  command->add_option("--category", line->category, "Only this category")->type_name("NAME");
  command->add_option("--event-type", line->event_type, "Only what this type of event led to")
      ->type_name("TYPE");
  command->add_flag("--by-time", line->by_time,
                    "Also a row for each step of time in which something happened");
  command->add_flag("--json", line->json, "What the API answers, on one line, for programs");
  add_access(*command, line->access);
  command->footer(
      "Without a range it shows how it is now; with any of the other options the last hour, if --from "
      "doesn't say "
      "another time.\n\nExamples:\n"
      "  vestnik stats\n"
      "  vestnik stats --from 24h --step hour --group-by provider\n"
      "  vestnik stats --from 7d --channel email --json | jq .range.errors");
  return {command, [line] { return stats(*line); }};
}

}  // namespace vestnik::cli
