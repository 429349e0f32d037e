#include "trace/http_span.h"

#include <algorithm>
#include <utility>

namespace vestnik::trace {
namespace {

void set_header(net::HttpRequest& request, std::string_view name, std::string value) {
  const auto there =
      std::ranges::find(request.headers, name, [](const auto& header) { return header.first; });
  if (there == request.headers.end())
    request.headers.emplace_back(std::string(name), std::move(value));
  else
    there->second = std::move(value);
}

// The names of OpenTelemetry's semantic conventions for HTTP servers. A client's mistake is no failure of
// the server.
void end(Span& span, int status) {
  span.set("http.response.status_code", status);
  if (status >= 500) span.fail(std::to_string(status));
  span.end();
}

}  // namespace

net::HttpHandler traced(Tracer tracer, std::string route, net::HttpHandler handler) {
  if (!tracer.on()) return handler;
  return [tracer, route = std::move(route), handler = std::move(handler)](net::HttpRequest request,
                                                                          net::Respond respond) {
    Span span = tracer.start(request.method + " " + route, SpanKind::server, request.header("traceparent"));
    set_header(request, "traceparent", span.traceparent());
    if (!span.is_recorded()) return handler(std::move(request), std::move(respond));
    span.set("http.request.method", request.method);
    span.set("http.route", route);
    span.set("url.path", request.path);
    span.set("url.scheme", "http");
    handler(std::move(request), net::Respond([span = std::move(span), respond = std::move(respond)](
                                                 net::HttpResponse response) mutable {
              end(span, response.status);
              respond(std::move(response));
            }));
  };
}

}  // namespace vestnik::trace
