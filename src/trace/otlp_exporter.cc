#include "trace/otlp_exporter.h"

#include <algorithm>
#include <boost/url/pct_string_view.hpp>
#include <pthread.h>

#include "base/clock.h"
#include "base/logging.h"

namespace vestnik::trace {
namespace {

constexpr std::string_view component = "traces";

prometheus::Counter& dropped(Metrics& metrics, const char* reason) {
  return metrics.counter("vestnik_trace_spans_dropped_total", "Spans that were not exported, by reason",
                         {{"reason", reason}});
}

}  // namespace

Result<std::pair<std::string, std::string>, std::string> parse_header(std::string_view text) {
  const std::size_t equals = text.find('=');
  const auto bad = [] { return std::unexpected(std::string("name=value, the value percent-encoded")); };
  if (equals == std::string_view::npos) return bad();
  const std::string_view encoded = text.substr(equals + 1);
  const auto value = boost::urls::make_pct_string_view({encoded.data(), encoded.size()});
  if (!value) return bad();
  std::string decoded = value->decode();
  // It could begin a header of its own.
  if (std::ranges::any_of(decoded, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return bad();
  return std::pair(std::string(text.substr(0, equals)), std::move(decoded));
}

OtlpExporter::OtlpExporter(OtlpOptions options, Random& random, Metrics& metrics)
    : options_(std::move(options)),
      random_(random),
      exported_(metrics.counter("vestnik_trace_spans_exported_total", "Spans that the receiver has taken")),
      queue_full_(dropped(metrics, "queue_full")),
      unreachable_(dropped(metrics, "unreachable")),
      refused_(dropped(metrics, "refused")),
      stopped_(dropped(metrics, "stopped")),
      queued_(metrics.gauge("vestnik_trace_queue_spans", "Spans that wait to be exported")),
      pause_(options_.pause_min) {
  metrics.before_collect([this] {
    const std::lock_guard lock(mutex_);
    queued_.Set(static_cast<double>(queue_.size()));
  });
  thread_ = std::thread([this] { run(); });
}

OtlpExporter::~OtlpExporter() { stop(std::chrono::milliseconds(0)); }

void OtlpExporter::take(EndedSpan span) {
  std::unique_lock lock(mutex_);
  if (stopping_ || queue_.size() >= options_.queue_max) {
    (stopping_ ? stopped_ : queue_full_).Increment();
    return;
  }
  queue_.push_back(std::move(span));
  const bool wakes = queue_.size() == 1 || queue_.size() == options_.batch_max;
  lock.unlock();
  if (wakes) changed_.notify_all();
}

void OtlpExporter::stop(std::chrono::milliseconds limit) {
  if (!thread_.joinable()) return;
  const SteadyTime stop_at = system_clock().steady_now() + limit;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    stop_at_ = stop_at;
    changed_.notify_all();
    changed_.wait_until(lock, stop_at, [this] { return ended_; });
  }
  cut_.request_stop();
  thread_.join();
  const std::lock_guard lock(mutex_);
  stopped_.Increment(static_cast<double>(queue_.size()));
  queue_.clear();
}

void OtlpExporter::run() {
  pthread_setname_np(pthread_self(), "traces");
  while (true) {
    std::vector<EndedSpan> batch = next_batch();
    if (batch.empty()) break;
    deliver(std::move(batch));
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::vector<EndedSpan> OtlpExporter::next_batch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  changed_.wait_for(lock, options_.gather,
                    [this] { return stopping_ || queue_.size() >= options_.batch_max; });
  // A receiver that does not answer holds up no stop: each call may take until then.
  if (stopping_ && (!well_ || system_clock().steady_now() >= stop_at_)) return {};
  const std::size_t count = std::min(options_.batch_max, queue_.size());
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<EndedSpan> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

void OtlpExporter::deliver(std::vector<EndedSpan> batch) {
  const std::string body = to_otlp_json(options_.resource, options_.version, batch);
  const auto count = static_cast<double>(batch.size());
  for (int tries = 1;; ++tries) {
    const Verdict verdict = call(body);
    note(verdict.kind == Verdict::Kind::taken, verdict.detail);
    switch (verdict.kind) {
      case Verdict::Kind::taken: {
        const double rejected = std::min(count, static_cast<double>(verdict.rejected));
        exported_.Increment(count - rejected);
        refused_.Increment(rejected);
        if (rejected > 0)
          logging::warning(component, "the receiver took only a part of the spans",
                           {{"rejected", verdict.rejected}, {"reason", verdict.detail}});
        pause_ = options_.pause_min;
        return;
      }
      case Verdict::Kind::refused: refused_.Increment(count); return;
      case Verdict::Kind::try_again: break;
    }
    if (!pause(verdict.retry_after)) return stopped_.Increment(count);
    if (tries >= options_.tries_max) return unreachable_.Increment(count);
  }
}

Verdict OtlpExporter::call(const std::string& body) {
  net::HttpCall call{.method = "POST", .target = "/v1/traces", .headers = options_.headers, .body = body};
  call.headers.emplace_back("Content-Type", "application/json");
  call.headers.emplace_back("User-Agent", "vestnik/" + options_.version);
  return judge(net::http_call(options_.url, call, time_left(), cut_.get_token()), system_clock().now());
}

std::chrono::milliseconds OtlpExporter::time_left() {
  const std::lock_guard lock(mutex_);
  if (!stopping_) return options_.call_limit;
  const auto left = std::chrono::floor<std::chrono::milliseconds>(stop_at_ - system_clock().steady_now());
  return std::clamp(left, std::chrono::milliseconds(0), options_.call_limit);
}

bool OtlpExporter::pause(std::optional<std::chrono::seconds> retry_after) {
  const auto length = pause_before_retry(pause_, retry_after, options_.retry_after_max, random_);
  pause_ = std::min(pause_ * 2, options_.pause_max);
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, length, [this] { return stopping_; });
}

// One line when it begins to fail, one when it works again.
void OtlpExporter::note(bool well, const std::string& detail) {
  if (well == std::exchange(well_, well)) return;
  if (well)
    logging::info(component, "the receiver takes spans again");
  else
    logging::warning(component, "the receiver does not take spans",
                     {{"address", options_.url.text()}, {"reason", detail}});
}

}  // namespace vestnik::trace
