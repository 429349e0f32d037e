// What every process answers about itself: /healthz, /readyz, /metrics, /openapi.json.
#pragma once

#include <functional>
#include <vector>

#include "base/health.h"
#include "base/metrics.h"
#include "net/http.h"

namespace vestnik::app {

// `parts` tells how each part is, whenever /readyz asks; it must not block. All of it must outlive the
// router.
void add_status_routes(net::Router& router, Metrics& metrics, std::function<std::vector<Health>()> parts);

}  // namespace vestnik::app
