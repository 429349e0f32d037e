// `vestnik deliveries list` and `show`.
#include <fmt/format.h>
#include <iostream>
#include <utility>

#include "app/deliveries.h"
#include "app/deliveries_query.h"
#include "app/terminal.h"

namespace vestnik::app {
namespace {

constexpr std::size_t to_seconds = 19, to_milliseconds = 23;  // of "2026-11-23T14:17:06.012345Z"

// "2026-11-23 14:17:06": the table says that it is UTC.
std::string short_time(std::string_view time, std::size_t length) {
  std::string text(time.substr(0, length));
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(string_member(object, name).value_or(""));
}
std::string number_of(const json::object& object, std::string_view name) {
  const auto number = integer_member(object, name);
  return number ? std::to_string(*number) : "";
}

std::vector<std::string> row_of(const json::object& delivery) {
  return {text_of(delivery, "notification_id"),
          text_of(delivery, "channel"),
          text_of(delivery, "state"),
          number_of(delivery, "attempt"),
          text_of(delivery, "provider"),
          text_of(delivery, "category"),
          short_time(text_of(delivery, "updated_at"), to_seconds),
          text_of(delivery, "answer")};
}

void print_field(const std::string& name, const std::string& value) {
  if (!value.empty()) std::cout << fmt::format("{:<14}{}\n", name, one_line(value));
}

constexpr std::pair<const char*, const char*> text_fields[] = {
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
  print_field("State", text_of(delivery, "state"));
  print_field("Attempts", number_of(delivery, "attempt"));
  if (const std::string before = number_of(delivery, "retried_after"); !before.empty())
    print_field("Retried", "by a person, after " + before + (before == "1" ? " attempt" : " attempts"));
  for (const auto& [title, name] : text_fields) print_field(title, text_of(delivery, name));
  print_content(delivery);
}

void print_timeline(const json::array& timeline) {
  Table table({"AT (UTC)", "WHAT", "ATTEMPT", "PROVIDER", "ANSWER"});
  for (const json::value& value : timeline) {
    const json::object& entry = value.as_object();
    const std::string due = short_time(text_of(entry, "due_at"), to_seconds);
    std::string answer = text_of(entry, "answer");
    if (!due.empty()) answer += (answer.empty() ? "due " : "; due ") + due;
    table.add({short_time(text_of(entry, "at"), to_milliseconds), text_of(entry, "what"),
               number_of(entry, "attempt"), text_of(entry, "provider"), std::move(answer)});
  }
  if (!table.empty()) std::cout << "\nTimeline\n" << table.text(std::nullopt);
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
    if (!table.empty()) std::cout << table.text(terminal_columns());
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
  expect_ok(delivery, client);
  const ApiAnswer notification = client.get("/v1/notifications/" + id);
  // Analytics may not have seen it yet.
  const json::value* found = notification.status == 200 ? notification.body.if_contains("timeline") : nullptr;
  const json::array timeline = found && found->is_array() ? found->get_array() : json::array();
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

}  // namespace vestnik::app
