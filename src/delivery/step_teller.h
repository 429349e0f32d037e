// Carries steps from the ledger's outbox to `analytics-events`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/batcher.h"
#include "base/executor.h"
#include "log/log.h"
#include "model/step.h"
#include "store/ledger.h"

namespace vestnik::delivery {

// Lives on one Scheduler.
class StepTeller {
 public:
  StepTeller(log::Log& log, store::Ledger& ledger, Scheduler& scheduler, std::string topic);

  // Appends them, in this order, and then lets the outbox forget them. While the log can't take them they
  // wait here, up to a bound; those beyond it stay in the outbox only, for the next sweep.
  void tell(std::vector<Step> steps);

  std::size_t waiting() const { return batcher_.size(); }
  bool idle() const { return batcher_.idle(); }

 private:
  static constexpr std::size_t waiting_max = 20'000;

  log::Log& log_;
  store::Ledger& ledger_;
  Scheduler& scheduler_;
  std::string topic_;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  Batcher<Step> batcher_;
};

}  // namespace vestnik::delivery
