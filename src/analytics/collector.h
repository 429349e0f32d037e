// The intake of analytics-service: all three topics become facts of the timeline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analytics/record_facts.h"
#include "base/batcher.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "log/log.h"
#include "store/timeline.h"

namespace vestnik::analytics {

struct CollectorOptions {
  Topics topics;
  std::string group = "analytics-service";
};

// Lives on one Scheduler.
class Collector final : public log::Consumer {
 public:
  // Told of each batch once the timeline has it; on the scheduler.
  using Applied = std::function<void(const std::shared_ptr<const store::FactBatch>&)>;

  Collector(CollectorOptions options, log::Log& log, store::Timeline& timeline, Scheduler& scheduler,
            Metrics& metrics, Applied applied = {});

  void start();
  // Takes nothing new; leaves the group once what it has is stored, at the latest after `limit`, then calls
  // `stopped`.
  void stop(std::chrono::milliseconds limit, Task stopped);

  void on_records(std::vector<log::ConsumedRecord> records) override;

 private:
  struct Arrival {
    log::Position position;
    store::Fact fact;  // moved into applying_ when its batch goes
  };

  void call_apply(std::vector<Arrival>& batch, std::move_only_function<void(bool)> ended);
  void stop_when_over(SteadyTime limit);

  CollectorOptions options_;
  log::Log& log_;
  store::Timeline& timeline_;
  Scheduler& scheduler_;
  const Applied applied_;
  prometheus::Counter& facts_;
  prometheus::Counter& poison_;
  bool stopping_ = false;
  Task stopped_;
  std::unique_ptr<Timer> stop_timer_;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  // The facts of the batch under way, for as many attempts as it takes.
  std::shared_ptr<const store::FactBatch> applying_;
  Batcher<Arrival> apply_;
  std::unique_ptr<log::Subscription> subscription_;
};

}  // namespace vestnik::analytics
