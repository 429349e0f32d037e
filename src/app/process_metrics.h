// What every process tells about itself, under the names that Prometheus' own client libraries use.
#pragma once

#include <functional>
#include <vector>

#include "base/health.h"
#include "base/metrics.h"

namespace vestnik::app {

// Build, start, memory, processor time and open files of this process.
void add_process_metrics(Metrics& metrics);

// How each part is, as /readyz says it. `parts` must not block.
void add_part_metrics(Metrics& metrics, std::function<std::vector<Health>()> parts);

}  // namespace vestnik::app
