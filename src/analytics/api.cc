#include "analytics/api.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/json.h"

namespace vestnik::analytics {
namespace {

constexpr std::size_t limit_default = 50;
constexpr std::size_t limit_max = 500;
constexpr std::size_t user_id_bytes_max = 200;

net::HttpResponse answer(const json::value& value) { return {.status = 200, .body = json::serialize(value)}; }

net::Problem store_problem() {
  return {.status = 503,
          .type = "store-unavailable",
          .title = "The store can't answer",
          .detail = "The store did not answer; try again.",
          .retry_after_s = 1};
}

net::Problem not_found(const char* what) {
  return {.status = 404,
          .type = "not-found",
          .title = "Not found",
          .detail = std::string("There is no such ") + what + "."};
}

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

json::object to_json(const store::LatencySummary& latency) {
  return {
      {"count", latency.count}, {"p50", latency.p50_ms}, {"p90", latency.p90_ms}, {"p99", latency.p99_ms}};
}

json::object to_json(const store::ChannelStats& stats) {
  json::object states;
  for (const auto& [state, count] : stats.states) states[state] = count;
  return {{"states", std::move(states)},
          {"sandboxed", stats.sandboxed},
          {"planned_last_minute", stats.planned_last_minute},
          {"sent_last_minute", stats.sent_last_minute},
          {"latency_ms", json::object{{"accepted_to_sent", to_json(stats.accepted_to_sent)},
                                      {"sent_to_delivered", to_json(stats.sent_to_delivered)}}}};
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

bool has_parameter(const net::HttpRequest& request, std::string_view name) {
  return std::ranges::any_of(request.query, [&](const auto& parameter) { return parameter.first == name; });
}

std::optional<std::size_t> limit_of(const net::HttpRequest& request) {
  if (!has_parameter(request, "limit")) return limit_default;
  const std::string_view text = request.query_parameter("limit");
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > limit_max)
    return std::nullopt;
  return limit;
}

net::Problem invalid(const char* field, const char* detail) {
  return {.status = 422,
          .type = "invalid-value",
          .title = "A value is invalid",
          .detail = detail,
          .field = field};
}

net::Problem bad_limit() { return invalid("limit", "limit must be a whole number from 1 to 500"); }

// Answers with `to_answer(value)`, or says that the store can't.
template <class T, class ToAnswer>
store::Done<T> respond_with(net::Respond respond, ToAnswer to_answer) {
  return [respond = std::move(respond), to_answer](Result<T, store::Error> result) mutable {
    if (result) {
      to_answer(*result, respond);
    } else {
      respond(store_problem());
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
                           view ? to(answer(to_json(*view))) : to(not_found("notification"));
                         }));
}

void Api::notifications(const net::HttpRequest& request, net::Respond respond) {
  using Views = std::vector<store::NotificationView>;
  const auto limit = limit_of(request);
  if (!limit) return respond(bad_limit());
  const std::string_view user = request.query_parameter("user_id");
  if (has_parameter(request, "user_id") && (user.empty() || user.size() > user_id_bytes_max))
    return respond(invalid("user_id", "user_id must have 1 to 200 characters"));
  timeline_.newest({std::string(user)}, *limit,
                   respond_with<Views>(std::move(respond), [](const Views& views, net::Respond& to) {
                     to(answer(list("notifications", views)));
                   }));
}

void Api::stats(net::Respond respond) {
  timeline_.stats(clock_.now(), respond_with<store::Stats>(std::move(respond), [](const store::Stats& stats,
                                                                                  net::Respond& to) {
                    json::object channels;
                    for (Channel channel : all_channels) {
                      const auto found = stats.channels.find(channel);
                      channels[to_string(channel)] =
                          to_json(found == stats.channels.end() ? store::ChannelStats{} : found->second);
                    }
                    to(answer(json::object{{"events_accepted", stats.events_accepted},
                                           {"channels", std::move(channels)}}));
                  }));
}

void Api::sandbox_message(const net::HttpRequest& request, net::Respond respond) {
  using Message = std::optional<store::SandboxMessage>;
  sandbox_.find({std::string(request.path_parameter("id"))},
                respond_with<Message>(std::move(respond), [](const Message& message, net::Respond& to) {
                  message ? to(answer(to_json(*message))) : to(not_found("message in the sandbox"));
                }));
}

void Api::sandbox_messages(const net::HttpRequest& request, net::Respond respond) {
  using Messages = std::vector<store::SandboxMessage>;
  const auto limit = limit_of(request);
  if (!limit) return respond(bad_limit());
  sandbox_.newest(*limit,
                  respond_with<Messages>(std::move(respond), [](const Messages& messages, net::Respond& to) {
                    to(answer(list("messages", messages)));
                  }));
}

}  // namespace vestnik::analytics
