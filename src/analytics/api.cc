#include "analytics/api.h"

#include <optional>
#include <utility>

#include "analytics/export.h"
#include "analytics/notification_json.h"
#include "analytics/parameters.h"
#include "analytics/queries.h"
#include "analytics/statistics_json.h"
#include "base/json.h"
#include "net/http_api.h"
#include "sms/text/segment.h"

namespace vestnik::analytics {
namespace {

using analytics::to_json;

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

// A text that can't be sent has never come so far.
json::object in_full(const store::SandboxMessage& message) {
  json::object object = to_json(message);
  if (message.channel == Channel::sms)
    if (const auto parts =
            sms::text::segment(message.text, sms::text::concatenation_reference(message.notification_id)))
      object["sms"] = sms::text::parts_in_json(*parts);
  return object;
}

template <class Item>
json::object list(const char* name, const std::vector<Item>& items) {
  json::array array;
  array.reserve(items.size());
  for (const Item& item : items) array.push_back(to_json(item));
  json::object object;
  object[name] = std::move(array);
  return object;
}

// Answers with `to_answer(value)`, or says that the store can't.
template <class T, class ToAnswer>
store::Done<T> respond_with(net::Respond respond, ToAnswer to_answer) {
  return [respond = std::move(respond),
          to_answer = std::move(to_answer)](Result<T, store::Error> result) mutable {
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
  get("/v1/notifications/export",
      [this](auto request, auto respond) { export_all(request, std::move(respond)); });
  get("/v1/stats", [this](auto request, auto respond) { stats(request, std::move(respond)); });
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
  auto form = read_search(request);
  if (!form) return respond(form.error());
  timeline_.search(std::move(form->filter), std::move(form->cursor), form->limit,
                   respond_with<store::NotificationPage>(
                       std::move(respond), [](const store::NotificationPage& page, net::Respond& to) {
                         json::object answer = list("notifications", page.notifications);
                         put_text(answer, "next", page.next);
                         to(net::json_answer(answer));
                       }));
}

void Api::export_all(const net::HttpRequest& request, net::Respond respond) {
  auto form = read_export(request);
  if (!form) return respond(form.error());
  export_notifications(timeline_, std::move(*form), std::move(respond));
}

void Api::stats(const net::HttpRequest& request, net::Respond respond) {
  auto query = read_report(request, clock_.now());
  if (!query) return respond(query.error());
  timeline_.stats(clock_.now(), respond_with<store::Stats>(std::move(respond),
                                                           [this, query = std::move(*query)](
                                                               const store::Stats& stats, net::Respond& to) {
                                                             if (!query)
                                                               return to(net::json_answer(to_json(stats)));
                                                             report(*query, to_json(stats), std::move(to));
                                                           }));
}

void Api::report(const store::ReportQuery& query, json::object answer, net::Respond respond) {
  timeline_.report(query, respond_with<store::Report>(
                              std::move(respond), [group_by = query.group_by, answer = std::move(answer)](
                                                      const store::Report& report, net::Respond& to) mutable {
                                answer["range"] = to_json(report, group_by);
                                to(net::json_answer(answer));
                              }));
}

void Api::sandbox_message(const net::HttpRequest& request, net::Respond respond) {
  using Message = std::optional<store::SandboxMessage>;
  sandbox_.find({std::string(request.path_parameter("id"))},
                respond_with<Message>(std::move(respond), [](const Message& message, net::Respond& to) {
                  message ? to(net::json_answer(in_full(*message)))
                          : to(net::not_found("message in the sandbox"));
                }));
}

void Api::sandbox_messages(const net::HttpRequest& request, net::Respond respond) {
  using Messages = std::vector<store::SandboxMessage>;
  const auto limit = net::limit_parameter(request, page_limit_default, page_limit_max);
  if (!limit) return respond(limit.error());
  sandbox_.newest(*limit,
                  respond_with<Messages>(std::move(respond), [](const Messages& messages, net::Respond& to) {
                    to(net::json_answer(list("messages", messages)));
                  }));
}

}  // namespace vestnik::analytics
