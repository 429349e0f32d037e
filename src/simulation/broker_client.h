// What one process has of the broker: log::Log.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "simulation/broker.h"

namespace vestnik::simulation {

class BrokerClient final : public log::Log {
 public:
  // Both outlive it.
  BrokerClient(Broker& broker, ProcessPtr process) : broker_(broker), process_(std::move(process)) {}

  void append(std::string_view topic, std::vector<Record> records, log::AppendDone done) override;
  std::unique_ptr<log::Subscription> subscribe(log::SubscribeOptions options, log::Consumer& consumer,
                                               Executor& executor) override;
  Health health() const override { return {.part = "log"}; }
  std::vector<log::GroupLag> lag() const override { return {}; }

 private:
  void answer(Duration delay, Result<void, log::Error> result, log::AppendDone done);

  Broker& broker_;
  ProcessPtr process_;
  // When the last append to a topic arrives: none overtakes it.
  std::map<std::string, Duration, std::less<>> arrives_;
};

}  // namespace vestnik::simulation
