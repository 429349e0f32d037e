// Metrics in Prometheus' text format. One registry a process, passed to whoever measures.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <string>
#include <vector>

namespace vestnik {

using MetricLabels = std::map<std::string, std::string>;

// References stay valid as long as the registry. Labels must come from a bounded set (never ids or
// addresses).
class Metrics {
 public:
  prometheus::Counter& counter(const std::string& name, const std::string& help,
                               const MetricLabels& labels = {}) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
  }
  prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                           const MetricLabels& labels = {}) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
  }
  // `bounds`: upper bounds of the buckets, in the base unit (seconds, bytes).
  prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                   const prometheus::Histogram::BucketBoundaries& bounds,
                                   const MetricLabels& labels = {}) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds);
  }

  // Runs `refresh` at the beginning of each collect(), one at a time, for what is kept elsewhere. Before the
  // first collect().
  void before_collect(std::function<void()> refresh) { refreshers_.push_back(std::move(refresh)); }

  std::vector<prometheus::MetricFamily> collect() const {
    const std::lock_guard lock(collecting_);
    for (const auto& refresh : refreshers_) refresh();
    return registry_->Collect();
  }

 private:
  std::vector<std::function<void()>> refreshers_;
  mutable std::mutex collecting_;
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
};

}  // namespace vestnik
