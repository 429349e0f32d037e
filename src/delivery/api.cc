#include "delivery/api.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "delivery/api_answers.h"
#include "net/http_api.h"

namespace vestnik::delivery {
namespace {

using store::Decision;

// Another type than that of a path nobody serves, so that a client knows which of the two it met.
net::Problem unknown_delivery() {
  return {.status = 404,
          .type = "unknown-delivery",
          .title = "Unknown delivery",
          .detail = "No channel has taken responsibility for such a notification."};
}

// None: no notification has such an id.
std::optional<NotificationId> id_of(const net::HttpRequest& request) {
  const auto uuid = Uuid::parse(request.path_parameter("id"));
  return uuid ? std::optional(NotificationId{uuid->text()}) : std::nullopt;
}

net::Problem wrong_state(store::DeliveryState state, bool in_doubt_only) {
  const std::string name(to_string(state));
  return {.status = 409,
          .type = "wrong-state",
          .title = "Not in a state for that",
          .detail = "The delivery is " + name + "; this can be done to one that is " +
                    (in_doubt_only ? "in_doubt." : "dead or in_doubt."),
          .members = {{"state", name}}};
}

json::object decided(const NotificationId& id, store::DeliveryState state) {
  return {{"notification_id", id.value}, {"state", to_string(state)}};
}

net::HttpResponse list_answer(const store::DeliveryPage& page) {
  json::array deliveries;
  deliveries.reserve(page.deliveries.size());
  for (const store::Delivery& delivery : page.deliveries) deliveries.push_back(to_json(delivery));
  json::object answer{{"deliveries", std::move(deliveries)}};
  if (page.next > 0) answer["next"] = to_cursor(page.next);
  return net::json_answer(answer);
}

net::HttpResponse one_answer(const NotificationId& id, const store::Amended& amended, bool in_doubt_only) {
  switch (amended.kind) {
    case store::Amended::Kind::done: return net::json_answer(decided(id, amended.state));
    case store::Amended::Kind::unknown: return net::to_response(unknown_delivery());
    case store::Amended::Kind::refused: break;
  }
  return net::to_response(wrong_state(amended.state, in_doubt_only));
}

net::HttpResponse many_answer(const store::DeliveryPage& page, const std::vector<store::Amended>& amended) {
  std::int64_t done = 0;
  json::array refused;
  for (std::size_t i = 0; i < amended.size(); ++i) {
    if (amended[i].kind == store::Amended::Kind::done) {
      ++done;
    } else if (amended[i].kind == store::Amended::Kind::refused) {
      // Somebody else was faster between the list and the decision.
      refused.push_back(decided(page.deliveries[i].notification.id, amended[i].state));
    }
  }
  json::object answer{{"done", done}, {"refused", std::move(refused)}};
  if (page.next > 0) answer["next"] = to_cursor(page.next);
  return net::json_answer(answer);
}

}  // namespace

Api::Api(store::Ledger& ledger, const Clock& clock, Nudge nudge)
    : ledger_(ledger), clock_(clock), nudge_(std::move(nudge)) {}

void Api::add_routes(net::Router& router, const net::ApiKeys& keys) {
  const auto add = [&](const char* method, const char* path, net::HttpHandler handler) {
    router.add(method, path, net::require_api_key(keys, std::move(handler)));
  };
  const auto add_one = [&](const char* path, auto read) {
    add("POST", path, [this, read](auto request, auto respond) {
      const auto form = read(request);
      form ? decide_one(request, *form, std::move(respond)) : respond(form.error());
    });
  };
  add("GET", "/v1/deliveries", [this](auto request, auto respond) { list(request, std::move(respond)); });
  add("GET", "/v1/deliveries/{id}",
      [this](auto request, auto respond) { show(request, std::move(respond)); });
  for (const auto& [name, decision] : {std::pair("retry", Decision::retry), {"discard", Decision::discard}}) {
    add("POST", (std::string("/v1/deliveries/") + name).c_str(),
        [this, decision](auto request, auto respond) { decide_many(request, decision, std::move(respond)); });
    add_one((std::string("/v1/deliveries/{id}/") + name).c_str(),
            [decision](const net::HttpRequest& request) { return read_decision_form(request, decision); });
  }
  add_one("/v1/deliveries/{id}/resolve", read_resolve_form);
}

void Api::nudge(Channel channel) const {
  if (nudge_) nudge_(channel);
}

void Api::list(const net::HttpRequest& request, net::Respond respond) {
  auto form = read_list_form(request);
  if (!form) return respond(form.error());
  ledger_.list(std::move(form->filter), form->before, form->limit,
               [respond = std::move(respond)](Result<store::DeliveryPage, store::Error> page) mutable {
                 page ? respond(list_answer(*page)) : respond(net::store_unavailable());
               });
}

void Api::show(const net::HttpRequest& request, net::Respond respond) {
  const auto id = id_of(request);
  if (!id) return respond(unknown_delivery());
  ledger_.find(*id,

               [respond = std::move(respond)](auto found) mutable {
                 if (!found) return respond(net::store_unavailable());
                 if (!*found) return respond(unknown_delivery());
                 respond(net::json_answer(to_json_in_full(**found)));
               });
}

// Looked up first: that tells its channel, and whether it is in doubt at all.
void Api::decide_one(const net::HttpRequest& request, const DecisionForm& form, net::Respond respond) {
  const auto id = id_of(request);
  if (!id) return respond(unknown_delivery());
  ledger_.find(*id, [this, id = *id, form, respond = std::move(respond)](auto found) mutable {
    if (!found) return respond(net::store_unavailable());
    if (!*found) return respond(unknown_delivery());
    const store::Delivery& delivery = **found;
    const bool in_doubt_only = form.in_doubt_only;
    if (in_doubt_only && delivery.state != store::DeliveryState::in_doubt)
      return respond(wrong_state(delivery.state, in_doubt_only));
    const Channel channel = delivery.notification.channel;
    ledger_.amend({{.id = id, .decision = form.decision, .reason = form.reason, .at = clock_.now()}},
                  [this, id, channel, in_doubt_only, respond = std::move(respond)](
                      Result<std::vector<store::Amended>, store::Error> amended) mutable {
                    if (!amended) return respond(net::store_unavailable());
                    if (amended->front().kind == store::Amended::Kind::done) nudge(channel);
                    respond(one_answer(id, amended->front(), in_doubt_only));
                  });
  });
}

void Api::decide_many(const net::HttpRequest& request, Decision decision, net::Respond respond) {
  auto form = read_many_form(request);
  if (!form) return respond(form.error());
  ledger_.list(std::move(form->which.filter), form->which.before, form->which.limit,
               [this, decision, reason = std::move(form->reason),
                respond = std::move(respond)](Result<store::DeliveryPage, store::Error> page) mutable {
                 if (!page) return respond(net::store_unavailable());
                 amend_many(std::move(*page), decision, reason, std::move(respond));
               });
}

void Api::amend_many(store::DeliveryPage page, Decision decision, const std::string& reason,
                     net::Respond respond) {
  if (page.deliveries.empty()) return respond(many_answer(page, {}));
  std::vector<store::Amendment> batch;
  batch.reserve(page.deliveries.size());
  const Timestamp now = clock_.now();
  for (store::Delivery& delivery : page.deliveries) {
    const NotificationId id = delivery.notification.id;
    const Channel channel = delivery.notification.channel;
    batch.push_back({.id = id, .decision = decision, .reason = reason, .at = now});
    delivery.notification = {.id = id, .channel = channel};  // what it says isn't needed any more
  }
  ledger_.amend(std::move(batch), [this, page = std::move(page), respond = std::move(respond)](
                                      Result<std::vector<store::Amended>, store::Error> amended) mutable {
    if (!amended) return respond(net::store_unavailable());
    std::set<Channel> channels;
    for (std::size_t i = 0; i < amended->size(); ++i)
      if ((*amended)[i].kind == store::Amended::Kind::done)
        channels.insert(page.deliveries[i].notification.channel);
    for (const Channel channel : channels) nudge(channel);
    respond(many_answer(page, *amended));
  });
}

}  // namespace vestnik::delivery
