// The span of a request, around its handler.
#pragma once

#include <string>

#include "net/http.h"
#include "trace/span.h"

namespace vestnik::trace {

// `handler` inside a server span, "POST /register", that ends with the answer. The request that `handler`
// sees has the span's traceparent. Of a tracer that is off: `handler` itself.
net::HttpHandler traced(Tracer tracer, std::string route, net::HttpHandler handler);

}  // namespace vestnik::trace
