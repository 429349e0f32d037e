// Spans in OTLP's JSON encoding: the body of POST /v1/traces, an ExportTraceServiceRequest as OpenTelemetry's
// protocol specification 1.x has it ("JSON Protobuf Encoding": ids in hexadecimal, enumerations as numbers,
// 64-bit numbers as strings).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/span.h"

namespace vestnik::trace {

// What all spans of this process have in common: "service.name", …
using Resource = std::vector<std::pair<std::string, std::string>>;

std::string to_otlp_json(const Resource& resource, std::string_view version,
                         std::span<const EndedSpan> spans);

}  // namespace vestnik::trace
