// Sees that the steps of the ledger reach `analytics-events`: where the ledger can't append them itself, it
// carries them there from the outbox.
#pragma once

#include <memory>
#include <optional>
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

  ~StepTeller() { end(); }

  // From start() to end() the ledger may append steps by itself (Ledger::append_steps_by); it must be there
  // at the end.
  void start(Channel channel);
  void end();

  // What the ledger has just made. Appends them, in this order, and then lets the outbox forget them, unless
  // the ledger did so itself. While the log can't take them they wait here, up to a bound; those beyond it
  // stay in the outbox only, for the next sweep.
  void tell(std::vector<Step> steps);
  bool tells() const { return !ledger_tells_; }  // else tell() has nothing to do
  // The same for what a sweep has found in the outbox.
  void tell_untold(std::vector<Step> steps);

  std::size_t waiting() const { return batcher_.size(); }
  bool idle() const { return batcher_.idle(); }

 private:
  static constexpr std::size_t waiting_max = 20'000;

  log::Log& log_;
  store::Ledger& ledger_;
  Scheduler& scheduler_;
  std::string topic_;
  std::optional<Channel> ledger_tells_;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  Batcher<Step> batcher_;
};

}  // namespace vestnik::delivery
