// What is counted and measured of attempts, by provider, whose number the configuration bounds.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "delivery/lanes.h"
#include "model/step.h"

namespace vestnik::delivery {

class AttemptMetrics {
 public:
  AttemptMetrics(Metrics& metrics, Channel channel, const Lanes& lanes);

  // How an attempt ended, or a delivery without one. `provider`: empty, or no longer configured, counts as
  // "none".
  void ended(const std::string& provider, StepKind kind);
  void limited() { limited_.Increment(); }
  // The provider has had it for so long.
  void exchanged(const std::string& provider, std::chrono::steady_clock::duration took);
  void sent(const std::string& provider, std::chrono::microseconds since_accepted);
  // Steps that a receipt has made: delivered, bounced.
  void received(const std::vector<Step>& steps);

 private:
  struct Of {
    std::map<StepKind, prometheus::Counter*> outcomes;
    prometheus::Histogram* exchange = nullptr;
    prometheus::Histogram* sent = nullptr;
    prometheus::Counter* delivered = nullptr;
    prometheus::Counter* bounced = nullptr;
  };
  Of& of(const std::string& provider);

  std::map<std::string, Of> providers_;
  prometheus::Counter& limited_;
};

}  // namespace vestnik::delivery
