#include "analytics/api.h"

#include <optional>
#include <utility>

#include "analytics/statistics_json.h"
#include "base/json.h"
#include "net/http_api.h"

namespace vestnik::analytics {
namespace {

constexpr std::size_t limit_default = 50;
constexpr std::size_t limit_max = 500;
constexpr std::size_t user_id_bytes_max = 200;

void put_text(json::object& object, std::string_view name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

json::object to_json(const store::TimelineEntry& entry) {
  json::object object{{"at", format_rfc3339(entry.at)}, {"what", entry.what}};
  if (entry.attempt > 0) object["attempt"] = entry.attempt;
  put_text(object, "provider", entry.provider);
  put_text(object, "answer", entry.answer);
  if (entry.due_at) object["due_at"] = format_rfc3339(*entry.due_at);
  return object;
}

json::object to_json(const store::NotificationView& view) {
  json::object object{{"notification_id", view.id.value},
                      {"user_id", view.user_id.value},
                      {"event_id", view.event_id.value},
                      {"event_type", view.event_type},
                      {"channel", to_string(view.channel)},
                      {"template", view.template_version},
                      {"state", view.state},
                      {"sandbox", view.sandbox},
                      {"attempt", view.attempt},
                      {"accepted_at", format_rfc3339(view.accepted_at)},
                      {"updated_at", format_rfc3339(view.updated_at)}};
  put_text(object, "provider", view.provider);
  if (!view.timeline.empty()) {
    json::array timeline;
    for (const store::TimelineEntry& entry : view.timeline) timeline.push_back(to_json(entry));
    object["timeline"] = std::move(timeline);
  }
  return object;
}

json::object to_json(const store::SandboxMessage& message) {
  json::object object{{"notification_id", message.notification_id.value},
                      {"channel", to_string(message.channel)},
                      {"to", message.to},
                      {"text", message.text},
                      {"kept_at", format_rfc3339(message.kept_at)}};
  put_text(object, "subject", message.subject);
  put_text(object, "html", message.html);
  put_text(object, "raw", message.raw);
  return object;
}

template <class Item>
json::value list(const char* name, const std::vector<Item>& items) {
  json::array array;
  array.reserve(items.size());
  for (const Item& item : items) array.push_back(to_json(item));
  return json::object{{name, std::move(array)}};
}

// Answers with `to_answer(value)`, or says that the store can't.
template <class T, class ToAnswer>
store::Done<T> respond_with(net::Respond respond, ToAnswer to_answer) {
  return [respond = std::move(respond), to_answer](Result<T, store::Error> result) mutable {
    if (result) {
      to_answer(*result, respond);
    } else {
      respond(net::store_unavailable());
    }
  };
}

}  // namespace

Api::Api(store::Timeline& timeline, store::Sandbox& sandbox, const Clock& clock)
    : timeline_(timeline), sandbox_(sandbox), clock_(clock) {}

void Api::add_routes(net::Router& router, const net::ApiKeys& keys) {
  const auto get = [&](const char* path, net::HttpHandler handler) {
    router.add("GET", path, net::require_api_key(keys, std::move(handler)));
  };
  get("/v1/notifications",
      [this](auto request, auto respond) { notifications(request, std::move(respond)); });
  get("/v1/notifications/{id}",
      [this](auto request, auto respond) { notification(request, std::move(respond)); });
  get("/v1/stats", [this](auto, auto respond) { stats(std::move(respond)); });
  get("/v1/sandbox", [this](auto request, auto respond) { sandbox_messages(request, std::move(respond)); });
  get("/v1/sandbox/{id}",
      [this](auto request, auto respond) { sandbox_message(request, std::move(respond)); });
}

void Api::notification(const net::HttpRequest& request, net::Respond respond) {
  using View = std::optional<store::NotificationView>;
  timeline_.notification({std::string(request.path_parameter("id"))},
                         respond_with<View>(std::move(respond), [](const View& view, net::Respond& to) {
                           view ? to(net::json_answer(to_json(*view))) : to(net::not_found("notification"));
                         }));
}

void Api::notifications(const net::HttpRequest& request, net::Respond respond) {
  const auto limit = net::limit_parameter(request, limit_default, limit_max);
  if (!limit) return respond(limit.error());
  const auto user = net::query_value(request, "user_id");
  if (user && (user->empty() || user->size() > user_id_bytes_max))
    return respond(net::invalid_value("user_id", "user_id must have 1 to 200 characters"));
  timeline_.search({.user_id = {std::string(user.value_or(""))}}, "", *limit,
                   respond_with<store::NotificationPage>(
                       std::move(respond), [](const store::NotificationPage& page, net::Respond& to) {
                         to(net::json_answer(list("notifications", page.notifications)));
                       }));
}

void Api::stats(net::Respond respond) {
  timeline_.stats(clock_.now(), respond_with<store::Stats>(std::move(respond),
                                                           [](const store::Stats& stats, net::Respond& to) {
                                                             to(net::json_answer(to_json(stats)));
                                                           }));
}

void Api::sandbox_message(const net::HttpRequest& request, net::Respond respond) {
  using Message = std::optional<store::SandboxMessage>;
  sandbox_.find({std::string(request.path_parameter("id"))},
                respond_with<Message>(std::move(respond), [](const Message& message, net::Respond& to) {
                  message ? to(net::json_answer(to_json(*message)))
                          : to(net::not_found("message in the sandbox"));
                }));
}

void Api::sandbox_messages(const net::HttpRequest& request, net::Respond respond) {
  using Messages = std::vector<store::SandboxMessage>;
  const auto limit = net::limit_parameter(request, limit_default, limit_max);
  if (!limit) return respond(limit.error());
  sandbox_.newest(*limit,
                  respond_with<Messages>(std::move(respond), [](const Messages& messages, net::Respond& to) {
                    to(net::json_answer(list("messages", messages)));
                  }));
}

}  // namespace vestnik::analytics
