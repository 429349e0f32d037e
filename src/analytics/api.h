// The read side over HTTP: notifications, statistics and the sandbox. What it answers is described in
// app/openapi.json.
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "store/sandbox.h"
#include "store/timeline.h"

namespace vestnik::analytics {

// GET /v1/notifications, /v1/notifications/{id}, /v1/notifications/export, /v1/stats, /v1/sandbox,
// /v1/sandbox/{id}, each behind the keys. Everything passed must outlive the router.
class Api {
 public:
  Api(store::Timeline& timeline, store::Sandbox& sandbox, const Clock& clock);

  void add_routes(net::Router& router, const net::ApiKeys& keys);

 private:
  void notification(const net::HttpRequest& request, net::Respond respond);
  void notifications(const net::HttpRequest& request, net::Respond respond);
  void export_all(const net::HttpRequest& request, net::Respond respond);
  void stats(const net::HttpRequest& request, net::Respond respond);
  // Answers with `answer`, and the range in it.
  void report(const store::ReportQuery& query, json::object answer, net::Respond respond);
  void sandbox_message(const net::HttpRequest& request, net::Respond respond);
  void sandbox_messages(const net::HttpRequest& request, net::Respond respond);

  store::Timeline& timeline_;
  store::Sandbox& sandbox_;
  const Clock& clock_;
};

}  // namespace vestnik::analytics
