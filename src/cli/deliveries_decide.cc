// `vestnik deliveries retry`, `discard` and `resolve`.
#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <utility>

#include "cli/deliveries.h"
#include "cli/deliveries_query.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

constexpr std::size_t batch_size = 1000;

struct Tally {
  std::size_t done = 0;
  json::array refused;
};

const char* past(const std::string& what) {
  return what == "retry" ? "retried" : what == "discard" ? "discarded" : "resolved";
}

void complain(std::string_view id, const std::string& what) {
  std::cerr << "vestnik: " << one_line(id) << ": " << what << '\n';
}

json::object with_reason(json::object body, const std::string& reason) {
  if (!reason.empty()) body["reason"] = reason;
  return body;
}

bool has_in_doubt(const std::vector<std::string>& states) {
  return std::ranges::find(states, "in_doubt") != states.end();
}

std::size_t count_matching(const ApiClient& client, const DeliveriesLine& line) {
  std::size_t count = 0;
  for_each_delivery(client, line.filter, line.limit, [&](const json::object&) { ++count; });
  return count;
}

// What will happen, in words; asked where somebody can answer.
bool agreed(const DeliveriesLine& line, const std::string& what, std::size_t count) {
  const std::string many = count == 1 ? "1 delivery matches" : fmt::format("{} deliveries match", count);
  std::string warning;
  if (what == "retry" && has_in_doubt(line.filter.states))
    warning = " What is in doubt may have arrived: its recipients may get a second copy.";
  if (what == "discard") warning = " What is discarded can't be brought back.";
  if (line.yes) {
    std::cerr << many << ".\n";
    return true;
  }
  if (!is_terminal(stdin))
    throw CommandError(exit_usage,
                       many + "." + warning + " Nothing was done: say --yes to " + what + " them");
  return confirmed(many + "." + warning + " " + (what == "retry" ? "Retry" : "Discard") +
                   (count == 1 ? " it?" : " them?"));
}

// The calls that it takes, each bounded by the server; what was done stands whatever becomes of the next.
void decide_all(const ApiClient& client, const DeliveriesLine& line, const std::string& what,
                std::size_t count, Tally& tally) {
  Progress progress;
  std::size_t handled = 0;
  for (std::string cursor;;) {
    json::object body = with_reason(filter_body(line.filter), line.reason);
    body["limit"] = line.limit == 0 ? batch_size : std::min(batch_size, line.limit - handled);
    if (!cursor.empty()) body["cursor"] = cursor;
    const ApiAnswer answer = client.post("/v1/deliveries/" + what, body);
    client.expect_ok(answer, "deliveries");
    tally.done += static_cast<std::size_t>(integer_member(answer.body, "done").value_or(0));
    const json::array& refused = answer.body.at("refused").as_array();
    tally.refused.insert(tally.refused.end(), refused.begin(), refused.end());
    handled = tally.done + tally.refused.size();
    progress.show(fmt::format("{} {} of {}", past(what), tally.done, count));
    cursor = answer.member("next");
    if (cursor.empty() || (line.limit > 0 && handled >= line.limit)) return;
  }
}

int report(const DeliveriesLine& line, const std::string& what, const Tally& tally) {
  for (const json::value& value : tally.refused) {
    const json::object& refused = value.as_object();
    complain(string_member(refused, "notification_id").value_or(""),
             "not " + std::string(past(what)) + ", it is " +
                 std::string(string_member(refused, "state").value_or("gone")) + " now");
  }
  if (line.json) {
    std::cout << json::serialize(json::object{{"done", tally.done}, {"refused", tally.refused}}) << '\n';
  } else {
    std::cout << fmt::format("{} {}\n", tally.done, past(what));
  }
  return tally.refused.empty() ? exit_done : exit_partly;
}

}  // namespace

int decide_by_id(const ApiClient& client, const DeliveriesLine& line, const std::string& what) {
  json::object body = with_reason({}, line.reason);
  if (what == "resolve") body["as"] = line.as;
  int exit_code = exit_done;
  for (const std::string& id : line.ids) {
    const ApiAnswer answer = client.post("/v1/deliveries/" + net::url_escaped(id) + "/" + what, body);
    if (answer.member("type") == "/problems/unknown-delivery") {
      complain(id, "no channel has taken responsibility for such a notification");
      exit_code = exit_partly;
    } else if (answer.status == 409) {
      complain(id, "not " + std::string(past(what)) + ": " + one_line(answer.member("detail")));
      exit_code = exit_partly;
    } else {
      client.expect_ok(answer, "deliveries");
      const std::string state = answer.member("state");
      std::cout << (line.json ? json::serialize(answer.body) : id + "  " + one_line(state)) << std::endl;
    }
  }
  return exit_code;
}

int decide_by_filter(const ApiClient& client, const DeliveriesLine& given, const std::string& what) {
  DeliveriesLine line = given;
  if (line.filter.states.empty()) line.filter.states = {"dead"};
  for (const std::string& state : line.filter.states)
    if (state != "dead" && state != "in_doubt")
      throw CommandError(exit_usage, "--state: only dead and in_doubt can be " + std::string(past(what)));
  const std::size_t count = count_matching(client, line);
  if (count == 0) {
    std::cerr << "There are none.\n";
    return line.json ? report(line, what, {}) : exit_done;
  }
  if (!agreed(line, what, count)) {
    std::cerr << "Nothing was done.\n";
    return exit_done;
  }
  Tally tally;
  try {
    decide_all(client, line, what, count, tally);
  } catch (const CommandError&) {
    report(line, what, tally);
    throw;
  }
  return report(line, what, tally);
}

}  // namespace vestnik::cli
