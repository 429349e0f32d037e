// What every process answers about itself: /healthz, /readyz, /metrics, /openapi.json, /v1/system.
#pragma once

#include <functional>
#include <vector>

#include "base/health.h"
#include "base/json.h"
#include "base/metrics.h"
#include "log/log.h"
#include "net/http.h"
#include "net/http_api_keys.h"

namespace vestnik::app {

// {"ready":…,"parts":[{"part":…,"well":…}]}
json::object readiness(const std::vector<Health>& parts);
// [{"group":…,"topic":…,"records":…}]
json::array lag(const std::vector<log::GroupLag>& groups);

// `parts` tells how each part is, whenever /readyz asks; it must not block. All of it must outlive the
// router.
void add_status_routes(net::Router& router, Metrics& metrics, std::function<std::vector<Health>()> parts);

// `describe` makes the answer; it must not block.
void add_system_route(net::Router& router, const net::ApiKeys& keys, std::function<json::object()> describe);

}  // namespace vestnik::app
