// Traces as the configuration asks for them.
#pragma once

#include <memory>

#include "app/configuration.h"
#include "base/metrics.h"
#include "trace/otlp_exporter.h"
#include "trace/span.h"

namespace vestnik::app {

// None: no receiver is configured.
std::unique_ptr<trace::OtlpExporter> make_exporter(const Configuration& configuration, Metrics& metrics);

// Off without an exporter, which must outlive it.
trace::Tracer make_tracer(const Configuration& configuration, trace::OtlpExporter* exporter);

}  // namespace vestnik::app
