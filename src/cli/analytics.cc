// `vestnik analytics rebuild`: the read side made anew from the log, while it goes on serving.
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "cli/answers.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

constexpr const char* target = "/v1/analytics/rebuild";
constexpr std::chrono::milliseconds look_again{200};
constexpr std::size_t bar_columns = 30;

struct RebuildLine {
  ApiAccess access;
  bool no_wait = false, json = false;
};

json::object rebuild_state(const ApiClient& client) {
  ApiAnswer answer = client.get(target);
  client.expect_ok(answer, "the rebuild of analytics");
  return std::move(answer.body);
}

std::string in_progress(const json::object& state, std::chrono::duration<double> elapsed) {
  const auto done = integer_member(state, "records_done").value_or(0);
  const auto total = integer_member(state, "records_total").value_or(0);
  std::string text = fmt::format("{}  {} of {} records", progress_bar(done, total, bar_columns),
                                 grouped(done), grouped(total));
  if (done > 0 && total > done && elapsed.count() > 1)
    text += fmt::format(", {:.0f} s left",
                        elapsed.count() * static_cast<double>(total - done) / static_cast<double>(done));
  return text;
}

// The state it ends in. Another process may run it; this one's answers say how far that is.
json::object followed(const ApiClient& client) {
  Progress progress;
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    json::object state = rebuild_state(client);
    if (text_of(state, "state") != "running") return state;
    progress.show(in_progress(state, std::chrono::steady_clock::now() - start));
    std::this_thread::sleep_for(look_again);
  }
}

std::string how_long(const json::object& state) {
  const auto from = parse_rfc3339(text_of(state, "started_at")),
             to = parse_rfc3339(text_of(state, "finished_at"));
  return from && to ? fmt::format(" in {:.1f} s", std::chrono::duration<double>(*to - *from).count()) : "";
}

int rebuild(const RebuildLine& line) {
  const ApiClient client(line.access);
  const ApiAnswer begun = client.post(target, {});
  if (begun.status == 409) {
    std::cerr << "vestnik: a rebuild runs already; "
              << (line.no_wait ? "left to it\n" : "following that one\n");
  } else {
    client.expect_ok(begun, "the rebuild of analytics");
  }
  const json::object state = line.no_wait ? rebuild_state(client) : followed(client);
  const std::string error = text_of(state, "error");
  const bool failed = text_of(state, "state") == "failed";
  if (line.json) {
    std::cout << json::serialize(state) << '\n';
  } else if (text_of(state, "state") == "running") {
    std::cout << "Begun. `vestnik analytics rebuild` follows it.\n";
  } else if (!failed) {
    std::cout << fmt::format("Rebuilt from {} records{}.\n",
                             grouped(integer_member(state, "records_done").value_or(0)), how_long(state));
  }
  if (failed)
    throw CommandError(exit_partly,
                       "the rebuild failed: " + one_line(error) +
                           ". What is shown is as it was before; start it again when that is mended");
  return exit_done;
}

}  // namespace

Command analytics_command(CLI::App& root) {
  CLI::App* analytics = root.add_subcommand("analytics", "The read side: timelines and counts");
  analytics->require_subcommand(1);
  CLI::App* command = analytics->add_subcommand(
      "rebuild", "Make timelines and counts anew from the log, while the old ones go on being served");
  const auto line = std::make_shared<RebuildLine>();
  command->add_flag("--no-wait", line->no_wait, "Return as soon as it has begun");
  command->add_flag("--json", line->json, "The state it ends in as one JSON object, for programs");
  add_access(*command, line->access);
  command->footer(
      "Ctrl-C ends the command only, not the rebuild; called again it follows the one that runs.\n"
      "Exit code: 1 if it failed.\n\nExample:\n  vestnik analytics rebuild");
  return {analytics, [line] { return rebuild(*line); }};
}

}  // namespace vestnik::cli
