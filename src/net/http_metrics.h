// What the server counts. Labels come from the router's templates and fixed lists, so their number is
// bounded.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "net/http.h"

namespace vestnik::net {

// One per worker thread; the counters behind it are shared.
class HttpMetrics {
 public:
  HttpMetrics(const Router& router, Metrics& metrics);

  // `route`: as Router::find gave it; none: no route was found. A streamed answer is counted once its head is
  // sent.
  void count(std::string_view method, std::optional<std::size_t> route, int status,
             std::chrono::steady_clock::duration duration);
  void connection_opened() { open_.Increment(); }
  void connection_closed() { open_.Decrement(); }
  void connection_refused() { refused_.Increment(); }
  void stream_opened() { streams_.Increment(); }
  void stream_closed() { streams_.Decrement(); }

 private:
  static constexpr std::size_t method_count = 10;
  static constexpr std::size_t class_count = 4;  // 2xx to 5xx
  struct Series {
    prometheus::Histogram* duration = nullptr;
    std::array<std::array<prometheus::Counter*, class_count>, method_count> requests{};
  };

  const Router& router_;
  Metrics& metrics_;
  prometheus::Gauge& open_;
  prometheus::Counter& refused_;
  prometheus::Gauge& streams_;
  std::vector<Series> series_;  // by route, the last for requests without one; filled as they come
};

// The registry in Prometheus' text format 0.0.4. Its size is bounded by the labels; collecting takes well
// under 1 ms.
HttpHandler metrics_handler(const Metrics& metrics);

}  // namespace vestnik::net
