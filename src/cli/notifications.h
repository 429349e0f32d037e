// One notification, or all of a user's, as the read side has them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/api_client.h"

namespace vestnik::cli {

// With its timeline. None: there is no such notification, or the read side hasn't seen it yet.
std::optional<json::object> find_notification(const ApiClient& client, const std::string& id);

// Whose notifications: `parameter` of GET /v1/notifications has `value`.
struct Whose {
  const char* parameter;  // "user_id", "recipient"
  std::string value;
};
// Theirs, oldest first, each with its timeline; the newest 500.
std::vector<json::object> notifications_of(const ApiClient& client, const Whose& whose);

// Nothing further happens to it by itself.
bool is_final(const json::object& notification);
// All that was to be done for the user is done: sent or delivered, or skipped where there is no such contact,
// but not all of them skipped.
bool all_arrived(const std::vector<json::object>& notifications);

struct Followed {
  std::vector<json::object> notifications;
  bool settled = false;  // false: `limit` passed first
};
// Looks again and again, at most for `limit`, until there are as many as the workflow of `event_type` has
// steps and each is final. Shows on a terminal how far it is.
Followed follow(const ApiClient& client, const std::string& user_id, const std::string& event_type,
                std::chrono::milliseconds limit);

void print_notification(const json::object& notification);
// One line each.
void print_notifications(const std::vector<json::object>& notifications);

}  // namespace vestnik::cli
