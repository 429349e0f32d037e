#include "cli/notifications.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iostream>
#include <thread>
#include <utility>

#include "cli/answers.h"
#include "cli/terminal.h"

namespace vestnik::cli {
namespace {

constexpr std::size_t of_somebody_max = 500;
constexpr std::chrono::milliseconds look_again{100};
constexpr std::array<std::string_view, 8> final_states{"skipped", "sent",    "delivered",  "bounced",
                                                       "dead",    "expired", "suppressed", "discarded"};

// A page may hold less than it was asked for, even nothing, and still not be the last.
std::vector<json::object> listed_of(const ApiClient& client, const Whose& whose) {
  std::vector<json::object> listed;
  std::string cursor;
  do {
    const ApiAnswer page = client.get(fmt::format(
        "/v1/notifications?limit={}&{}={}{}{}", of_somebody_max, whose.parameter,
        net::url_escaped(whose.value), cursor.empty() ? "" : "&cursor=", net::url_escaped(cursor)));
    client.expect_ok(page, "the state of notifications");
    for (const json::value& value : array_of(page.body, "notifications")) listed.push_back(value.as_object());
    cursor = page.member("next");
  } while (!cursor.empty() && listed.size() < of_somebody_max);
  std::ranges::reverse(listed);
  return listed;
}

std::size_t steps_of(const ApiClient& client, const std::string& event_type) {
  const ApiAnswer answer = client.get("/v1/workflows");
  client.expect_ok(answer, "workflows");
  for (const json::value& workflow : array_of(answer.body, "workflows"))
    if (text_of(workflow.as_object(), "event") == event_type)
      return array_of(workflow.as_object(), "steps").size();
  return 0;
}

std::string in_short(const std::vector<json::object>& notifications) {
  std::string text;
  for (const json::object& notification : notifications)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", text_of(notification, "channel"),
                        words(text_of(notification, "state")));
  return text.empty() ? "accepted" : text;
}

bool is_kept(const json::object& notification) {
  const json::value* sandbox = notification.if_contains("sandbox");
  return sandbox && sandbox->is_bool() && sandbox->get_bool();
}

std::string state_in_words(const json::object& notification, const char* if_kept) {
  return words(text_of(notification, "state")) + (is_kept(notification) ? if_kept : "");
}

// The peer's own words, or the reason.
std::string last_answer(const json::object& notification) {
  const json::array& timeline = array_of(notification, "timeline");
  return timeline.empty() ? "" : text_of(timeline.back().as_object(), "answer");
}

}  // namespace

std::optional<json::object> find_notification(const ApiClient& client, const std::string& id) {
  ApiAnswer answer = client.get("/v1/notifications/" + net::url_escaped(id));
  if (answer.status == 404) {
    // A process that doesn't serve notifications at all says 404 too.
    client.expect_ok(client.get("/v1/notifications?limit=1"), "the state of notifications");
    return std::nullopt;
  }
  client.expect_ok(answer, "the state of notifications");
  return std::move(answer.body);
}

std::vector<json::object> notifications_of(const ApiClient& client, const Whose& whose) {
  std::vector<json::object> found;
  for (const json::object& listed : listed_of(client, whose))
    if (auto whole = find_notification(client, text_of(listed, "notification_id")))
      found.push_back(std::move(*whole));
  return found;
}

bool is_final(const json::object& notification) {
  return std::ranges::find(final_states, text_of(notification, "state")) != final_states.end();
}

bool all_arrived(const std::vector<json::object>& notifications) {
  bool any = false;
  for (const json::object& notification : notifications) {
    const std::string state = text_of(notification, "state");
    if (state != "sent" && state != "delivered" && state != "skipped") return false;
    any = any || state != "skipped";
  }
  return any;
}

Followed follow(const ApiClient& client, const std::string& user_id, const std::string& event_type,
                std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const std::size_t expected = steps_of(client, event_type);
  const Whose whose{"user_id", user_id};
  Progress progress;
  for (;;) {
    const auto listed = listed_of(client, whose);
    const bool settled = listed.size() >= expected && std::ranges::all_of(listed, is_final);
    if (settled || std::chrono::steady_clock::now() >= deadline)
      return {notifications_of(client, whose), settled};
    progress.show(in_short(listed));
    std::this_thread::sleep_for(look_again);
  }
}

void print_notification(const json::object& notification) {
  print_field("Notification", text_of(notification, "notification_id"));
  print_field("State", state_in_words(notification, " (sandbox: kept, not sent)"),
              style_of(text_of(notification, "state")));
  constexpr std::pair<const char*, const char*> fields[] = {
      {"Channel", "channel"},      {"To", "recipient"},      {"Provider", "provider"},
      {"Error", "error"},          {"Template", "template"}, {"Category", "category"},
      {"User", "user_id"},         {"Event", "event_id"},    {"Event type", "event_type"},
      {"Accepted", "accepted_at"}, {"Updated", "updated_at"}};
  for (const auto& [title, name] : fields) print_field(title, text_of(notification, name));
  print_timeline(array_of(notification, "timeline"));
}

void print_notifications(const std::vector<json::object>& notifications) {
  Table table({"ID", "CHANNEL", "STATE", "PROVIDER", "ANSWER"});
  for (const json::object& notification : notifications)
    table.add({text_of(notification, "notification_id"),
               text_of(notification, "channel"),
               {state_in_words(notification, ", kept"), style_of(text_of(notification, "state"))},
               text_of(notification, "provider"),
               last_answer(notification)});
  if (!table.empty()) std::cout << table.text(terminal_columns(), colours(stdout));
}

}  // namespace vestnik::cli
