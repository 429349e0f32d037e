// The statistics as /v1/stats and /v1/live show them.
#pragma once

#include "base/json.h"
#include "store/timeline.h"

namespace vestnik::analytics {

json::object to_json(const store::LatencySummary& latency);
// Every channel is there, also one that nothing is known of.
json::object to_json(const store::Stats& stats);
// What /v1/stats has as `range`.
json::object to_json(const store::Report& report, store::GroupBy group_by);

}  // namespace vestnik::analytics
