// The ledger for people, over HTTP: what is dead or in doubt, and what shall become of it. What it answers is
// described in app/openapi.json.
#pragma once

#include <functional>

#include "base/clock.h"
#include "delivery/api_requests.h"
#include "model/notification.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "store/ledger.h"

namespace vestnik::delivery {

// Tells the channel's engine, where it is in this process, to look at the ledger now: what a person has
// decided is due at once, and told at once. Called from any thread; may be empty.
using Nudge = std::function<void(Channel)>;

// GET /v1/deliveries, /v1/deliveries/{id}; POST /v1/deliveries/retry and /discard for many,
// /v1/deliveries/{id}/retry, /discard and /resolve for one; each behind the keys. Everything passed must
// outlive the router.
class Api {
 public:
  Api(store::Ledger& ledger, const Clock& clock, Nudge nudge);

  void add_routes(net::Router& router, const net::ApiKeys& keys);

 private:
  void list(const net::HttpRequest& request, net::Respond respond);
  void show(const net::HttpRequest& request, net::Respond respond);
  void decide_one(const net::HttpRequest& request, const DecisionForm& form, net::Respond respond);
  void decide_many(const net::HttpRequest& request, store::Decision decision, net::Respond respond);
  void amend_many(store::DeliveryPage page, store::Decision decision, const std::string& reason,
                  net::Respond respond);
  void nudge(Channel channel) const;

  store::Ledger& ledger_;
  const Clock& clock_;
  const Nudge nudge_;
};

}  // namespace vestnik::delivery
