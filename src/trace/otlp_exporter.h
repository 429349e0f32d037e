// Carries ended spans to an OpenTelemetry receiver: OTLP/HTTP with JSON, in batches, on a thread of its own.
//
// Whoever ends a span waits for nothing but a short lock. Spans that the receiver does not take in time are
// dropped and counted: first those that find the queue full, then the batch that was tried too often.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/metrics.h"
#include "net/http_client.h"
#include "trace/otlp_answer.h"
#include "trace/otlp_json.h"
#include "trace/span.h"

namespace vestnik::trace {

// "name=value" with its value percent-decoded. The error completes "must be …".
Result<std::pair<std::string, std::string>, std::string> parse_header(std::string_view text);

struct OtlpOptions {
  net::HttpUrl url;  // of the receiver: what stands before /v1/traces
  std::vector<std::pair<std::string, std::string>> headers;
  Resource resource;
  std::string version;
  std::size_t queue_max = 16'384;  // spans; half a kilobyte each
  std::size_t batch_max = 512;
  std::chrono::milliseconds gather{1'000};  // that a span waits for others
  std::chrono::milliseconds call_limit{10'000};
  int tries_max = 5;  // of one batch
  // Pause after a try that failed: drawn from half of it to all of it, doubles from the first to the second
  // until one succeeds. A longer Retry-After is kept to, up to the third.
  std::chrono::milliseconds pause_min{1'000}, pause_max{30'000}, retry_after_max{300'000};
};

class OtlpExporter final : public Sink {
 public:
  // `random` and `metrics` must outlive it. Before the first Metrics::collect(), since it measures its queue.
  OtlpExporter(OtlpOptions options, Random& random, Metrics& metrics);
  // Drops what is left.
  ~OtlpExporter() override;

  void take(EndedSpan span) override;

  // Sends what is queued, as long as the receiver takes it and `limit` has not passed; drops the rest.
  // Blocks. What comes later is dropped.
  void stop(std::chrono::milliseconds limit);

 private:
  void run();
  std::vector<EndedSpan> next_batch();  // empty: it is over
  void deliver(std::vector<EndedSpan> batch);
  Verdict call(const std::string& body);
  bool pause(std::optional<std::chrono::seconds> retry_after);  // false: stopping
  void note(bool well, const std::string& detail);
  std::chrono::milliseconds time_left();  // for a call

  const OtlpOptions options_;
  Random& random_;
  prometheus::Counter& exported_;
  prometheus::Counter& queue_full_;
  prometheus::Counter& unreachable_;
  prometheus::Counter& refused_;
  prometheus::Counter& stopped_;
  prometheus::Gauge& queued_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<EndedSpan> queue_;  // under mutex_; beyond queue_max spans are dropped
  bool stopping_ = false;        // under mutex_
  bool ended_ = false;           // under mutex_
  SteadyTime stop_at_{};         // under mutex_, once stopping_

  std::stop_source cut_;  // ends the call that is under way
  // The thread's own.
  std::chrono::milliseconds pause_;
  bool well_ = true;
  std::thread thread_;
};

}  // namespace vestnik::trace
