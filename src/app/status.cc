#include "app/status.h"

#include <span>
#include <string>
#include <utility>

#include "app/embedded.h"
#include "net/http_api.h"
#include "net/http_metrics.h"

namespace vestnik::app {
namespace {

net::HttpHandler document(std::string_view path) {
  const std::string_view content = embedded_content(embedded_files(), path);
  return [content](net::HttpRequest, net::Respond respond) {
    net::HttpResponse response{.status = 200, .body = std::string(content)};
    response.headers.emplace_back("Cache-Control", "no-cache");
    respond(std::move(response));
  };
}

net::HttpResponse readiness_answer(const std::vector<Health>& parts) {
  json::object document = readiness(parts);
  const bool ready = document.at("ready").as_bool();
  net::HttpResponse response{.status = ready ? 200 : 503, .body = json::serialize(document)};
  if (!ready) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

json::object readiness(const std::vector<Health>& parts) {
  json::array listed;
  bool ready = true;
  for (const Health& part : parts) {
    ready = ready && part.well;
    json::object object{{"part", part.part}, {"well", part.well}};
    if (!part.detail.empty()) object["detail"] = part.detail;
    listed.push_back(std::move(object));
  }
  return {{"ready", ready}, {"parts", std::move(listed)}};
}

json::array lag(const std::vector<log::GroupLag>& groups) {
  json::array listed;
  for (const log::GroupLag& one : groups)
    listed.push_back(json::object{{"group", one.group}, {"topic", one.topic}, {"records", one.lag}});
  return listed;
}

void add_status_routes(net::Router& router, Metrics& metrics, std::function<std::vector<Health>()> parts) {
  router.add("GET", "/healthz", [](net::HttpRequest, net::Respond respond) {
    respond({.status = 200, .body = R"({"status":"ok"})"});
  });
  router.add("GET", "/readyz", [parts = std::move(parts)](net::HttpRequest, net::Respond respond) {
    respond(readiness_answer(parts()));
  });
  router.add("GET", "/metrics", net::metrics_handler(metrics));
  router.add("GET", "/openapi.json", document("src/app/openapi.json"));
}

void add_system_route(net::Router& router, const net::ApiKeys& keys, std::function<json::object()> describe) {
  router.add(
      "GET", "/v1/system",
      net::require_api_key(keys, [describe = std::move(describe)](net::HttpRequest, net::Respond respond) {
        respond(net::json_answer(describe()));
      }));
}

}  // namespace vestnik::app
