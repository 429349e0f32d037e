// What /metrics shows of the log and the store that a process runs on.
#pragma once

#include "app/backing.h"
#include "base/metrics.h"

namespace vestnik::app {

// Read anew whenever metrics are collected, so `backing` must have its log and database until no one does.
void add_backing_metrics(Metrics& metrics, const Backing& backing);

}  // namespace vestnik::app
