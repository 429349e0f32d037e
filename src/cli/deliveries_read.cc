// `vestnik deliveries list` and `show`.
#include <fmt/format.h>
#include <iostream>
#include <utility>

#include "cli/answers.h"
#include "cli/deliveries.h"
#include "cli/deliveries_query.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

std::vector<Cell> row_of(const json::object& delivery) {
  const std::string state = text_of(delivery, "state");
  return {text_of(delivery, "notification_id"),
          text_of(delivery, "channel"),
          {state, style_of(state)},
          number_of(delivery, "attempt"),
          text_of(delivery, "provider"),
          text_of(delivery, "category"),
          short_time(text_of(delivery, "updated_at")),
          text_of(delivery, "answer")};
}

constexpr std::pair<const char*, const char*> shown_fields[] = {
    {"Due", "due_at"},        {"Channel", "channel"},      {"Provider", "provider"},
    {"Answer", "answer"},     {"Category", "category"},    {"User", "user_id"},
    {"Event", "event_id"},    {"Workflow", "workflow"},    {"Step", "step"},
    {"Template", "template"}, {"Accepted", "accepted_at"}, {"Updated", "updated_at"},
    {"Expires", "expires_at"}};

void print_content(const json::object& delivery) {
  print_field("To", text_of(delivery, "to"));
  print_field("Subject", text_of(delivery, "subject"));
  const std::string html = text_of(delivery, "html"), text = text_of(delivery, "text");
  if (!html.empty()) print_field("HTML", fmt::format("{} bytes (--json shows them)", html.size()));
  if (!text.empty()) std::cout << "\nText\n" << several_lines(text) << (text.ends_with('\n') ? "" : "\n");
}

void print_delivery(const json::object& delivery) {
  print_field("Notification", text_of(delivery, "notification_id"));
  print_field("State", text_of(delivery, "state"), style_of(text_of(delivery, "state")));
  print_field("Attempts", number_of(delivery, "attempt"));
  if (const std::string before = number_of(delivery, "retried_after"); !before.empty())
    print_field("Retried", "by a person, after " + before + (before == "1" ? " attempt" : " attempts"));
  for (const auto& [title, name] : shown_fields) print_field(title, text_of(delivery, name));
  print_content(delivery);
}

}  // namespace

int list_deliveries(const ApiClient& client, const DeliveriesLine& line) {
  Table table({"ID", "CHANNEL", "STATE", "ATTEMPTS", "PROVIDER", "CATEGORY", "UPDATED (UTC)", "ANSWER"});
  const bool more = for_each_delivery(client, line.filter, line.limit, [&](const json::object& delivery) {
    if (line.json) {
      std::cout << json::serialize(delivery) << '\n';
    } else {
      table.add(row_of(delivery));
    }
  });
  if (!line.json) {
    if (!table.empty()) std::cout << table.text(terminal_columns(), colours(stdout));
    if (table.empty()) std::cerr << "There are none.\n";
  }
  if (more) std::cerr << "There are more; --limit shows as many as you say, --limit 0 all.\n";
  return exit_done;
}

int show_delivery(const ApiClient& client, const DeliveriesLine& line) {
  const std::string id = net::url_escaped(line.ids.front());
  const ApiAnswer delivery = client.get("/v1/deliveries/" + id);
  if (delivery.member("type") == "/problems/unknown-delivery") {
    std::cerr << "vestnik: " << one_line(line.ids.front())
              << ": no channel has taken responsibility for such a notification\n";
    return exit_partly;
  }
  client.expect_ok(delivery, "deliveries");
  const ApiAnswer notification = client.get("/v1/notifications/" + id);
  // Analytics may not have seen it yet.
  const json::array& timeline = array_of(notification.body, "timeline");
  if (line.json) {
    json::object whole = delivery.body;
    whole["timeline"] = timeline;
    std::cout << json::serialize(whole) << '\n';
    return exit_done;
  }
  print_delivery(delivery.body);
  print_timeline(timeline);
  return exit_done;
}

}  // namespace vestnik::cli
