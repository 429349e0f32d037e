#include "simulation/node.h"

#include <utility>

#include "delivery/engine.h"
#include "planning/notification_service.h"
#include "simulation/broker_client.h"
#include "simulation/workload.h"

namespace vestnik::simulation {
namespace {

class EngineNode final : public Node {
 public:
  EngineNode(Channel channel, Surroundings around, ProcessPtr process)
      : random_(process->world().dice.next()), log_(around.broker, process), ledger_(around.store, process) {
    if (channel == Channel::email)
      for (auto& server : around.smtp)
        providers_.push_back(
            std::make_unique<SmtpClient>(*server, around.watcher, process, around.scenario.smtp));
    else
      for (auto& server : around.smpp)
        providers_.push_back(
            std::make_unique<SmppClient>(*server, around.watcher, process, around.scenario.smpp));
    std::vector<delivery::RoutedProvider> routed;
    for (auto& provider : providers_) {
      delivery::Route route{.name = std::string(provider->name()),
                            .priority = static_cast<int>(routed.size()) + 1};
      if (around.scenario.limits) {
        route.rate = provider_limit;
        route.domain_rate = domain_limit;
      }
      routed.push_back({*provider, std::move(route)});
    }
    const Scenario& s = around.scenario;
    engine_ = std::make_unique<delivery::Engine>(
        delivery::EngineOptions{
            .channel = channel,
            .group = std::string(to_string(channel)) + "-service",
            .retry = {.attempts_max = s.attempts_max, .backoff = {s.backoff_first, s.backoff_max}},
            .held_max = s.held_max,
            .read_max = s.read_max},
        log_, ledger_, std::move(routed), *process, random_, metrics_);
    process_ = std::move(process);
  }

  void start() override {
    process_->post([this] { engine_->start(); });
  }
  void stop(std::chrono::milliseconds limit, Task stopped) override {
    process_->post(
        [this, limit, stopped = std::move(stopped)]() mutable { engine_->stop(limit, std::move(stopped)); });
  }
  double held() const override {
    for (const auto& family : metrics_.collect())
      if (family.name == "vestnik_delivery_held") return family.metric.front().gauge.value;
    return 0;
  }

 private:
  ProcessPtr process_;
  Dice random_;
  Metrics metrics_;
  BrokerClient log_;
  LedgerClient ledger_;
  std::vector<std::unique_ptr<delivery::Provider>> providers_;
  std::unique_ptr<delivery::Engine> engine_;
};

class PlannerNode final : public Node {
 public:
  PlannerNode(Surroundings around, ProcessPtr process)
      : log_(around.broker, process),
        service_(log_, *process,
                 {.user_events = user_events,
                  .notification_events = notification_events,
                  .analytics_events = analytics_events,
                  .group = "notification-service",
                  .batch_records_max = 8},
                 configured(), metrics_) {}

  void start() override { service_.start(); }
  void stop(std::chrono::milliseconds limit, Task stopped) override {
    service_.stop(limit, std::move(stopped));
  }

 private:
  Metrics metrics_;
  BrokerClient log_;
  planning::NotificationService service_;
};

}  // namespace

std::unique_ptr<Node> make_engine(Channel channel, Surroundings surroundings, ProcessPtr process) {
  return std::make_unique<EngineNode>(channel, surroundings, std::move(process));
}

std::unique_ptr<Node> make_planner(Surroundings surroundings, ProcessPtr process) {
  return std::make_unique<PlannerNode>(surroundings, std::move(process));
}

}  // namespace vestnik::simulation
