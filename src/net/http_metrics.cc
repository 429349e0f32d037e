#include "net/http_metrics.h"

#include <algorithm>
#include <prometheus/text_serializer.h>

namespace vestnik::net {
namespace {

constexpr std::array<std::string_view, 10> methods{"GET",     "HEAD",  "POST",    "PUT",   "DELETE",
                                                   "OPTIONS", "PATCH", "CONNECT", "TRACE", "other"};
constexpr std::array<std::string_view, 4> status_classes{"2xx", "3xx", "4xx", "5xx"};

// Seconds: from a health check to the answer deadline.
const prometheus::Histogram::BucketBoundaries duration_bounds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

}  // namespace

HttpMetrics::HttpMetrics(const Router& router, Metrics& metrics)
    : router_(router),
      metrics_(metrics),
      open_(metrics.gauge("vestnik_http_connections_open", "HTTP connections open now")),
      refused_(
          metrics.counter("vestnik_http_connections_refused_total", "HTTP connections beyond the limit")),
      streams_(metrics.gauge("vestnik_http_streams_open", "HTTP answers being streamed now")),
      series_(router.routes().size() + 1) {}

void HttpMetrics::count(std::string_view method, std::optional<std::size_t> route, int status,
                        std::chrono::steady_clock::duration duration) {
  const std::size_t m =
      std::min<std::size_t>(std::ranges::find(methods, method) - methods.begin(), method_count - 1);
  const std::size_t c = std::clamp(status / 100 - 2, 0, static_cast<int>(class_count) - 1);
  Series& series = series_[route.value_or(series_.size() - 1)];
  const auto route_label = [&] { return route ? router_.routes()[*route].path : std::string("none"); };
  if (!series.requests[m][c])
    series.requests[m][c] = &metrics_.counter("vestnik_http_requests_total", "HTTP requests answered",
                                              {{"method", std::string(methods[m])},
                                               {"route", route_label()},
                                               {"status", std::string(status_classes[c])}});
  if (!series.duration)
    series.duration = &metrics_.histogram(
        "vestnik_http_request_duration_seconds",
        "From the last byte of a request to its answer, or the head of a streamed one, being "
        "handed to the kernel",
        duration_bounds, {{"route", route_label()}});
  series.requests[m][c]->Increment();
  series.duration->Observe(std::chrono::duration<double>(duration).count());
}

HttpHandler metrics_handler(const Metrics& metrics) {
  return [&metrics](HttpRequest, Respond respond) {
    HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = prometheus::TextSerializer().Serialize(metrics.collect());
    respond(std::move(response));
  };
}

}  // namespace vestnik::net
