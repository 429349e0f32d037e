#include "delivery/step_teller.h"

#include <utility>

namespace vestnik::delivery {

StepTeller::StepTeller(log::Log& log, store::Ledger& ledger, Scheduler& scheduler, std::string topic)
    : log_(log),
      ledger_(ledger),
      scheduler_(scheduler),
      topic_(std::move(topic)),
      batcher_(scheduler, 1024,
               [this](const std::vector<Step>& steps, std::move_only_function<void(bool)> ended) {
                 std::vector<Record> records;
                 std::vector<std::string> ids;
                 records.reserve(steps.size());
                 ids.reserve(steps.size());
                 for (const Step& step : steps) {
                   records.push_back(encode(step));
                   ids.push_back(step.id());
                 }
                 log_.append(topic_, std::move(records),
                             back_on(scheduler_, alive_,
                                     [this, ids = std::move(ids),
                                      ended = std::move(ended)](Result<void, log::Error> result) mutable {
                                       if (result) ledger_.told(std::move(ids));
                                       ended(result.has_value());
                                     }));
               }) {}

void StepTeller::start(Channel channel) {
  const bool taken = ledger_.append_steps_by(channel, [&log = log_, topic = topic_](std::vector<Record> steps,
                                                                                    auto ended) {
    log.append(topic, std::move(steps), [ended = std::move(ended)](Result<void, log::Error> result) mutable {
      ended(result.has_value());
    });
  });
  if (taken) ledger_tells_ = channel;
}

void StepTeller::end() {
  if (ledger_tells_) ledger_.append_steps_by(*std::exchange(ledger_tells_, std::nullopt), nullptr);
}

void StepTeller::tell(std::vector<Step> steps) {
  if (!ledger_tells_) tell_untold(std::move(steps));
}

void StepTeller::tell_untold(std::vector<Step> steps) {
  for (Step& step : steps) {
    if (batcher_.size() >= waiting_max) return;
    batcher_.add(std::move(step));
  }
}

}  // namespace vestnik::delivery
