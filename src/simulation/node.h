// What runs in a simulated process: the real services on the simulated seams.
#pragma once

#include <memory>
#include <vector>

#include "simulation/broker.h"
#include "simulation/ledger_client.h"
#include "simulation/scenario.h"
#include "simulation/smpp_server.h"
#include "simulation/smtp_server.h"

namespace vestnik::simulation {

inline constexpr const char* user_events = "user-events";
inline constexpr const char* notification_events = "notification-events";
inline constexpr const char* analytics_events = "analytics-events";

// The rate limits of a run with limits, the same for each provider.
inline constexpr Limit provider_limit{4, std::chrono::milliseconds(3000)};
inline constexpr Limit domain_limit{3, std::chrono::milliseconds(3000)};

// Everything outside the processes.
struct Surroundings {
  Broker& broker;
  StoreServer& store;
  std::vector<std::unique_ptr<SmtpServer>>& smtp;
  std::vector<std::unique_ptr<SmppServer>>& smpp;
  PeerWatcher& watcher;
  const Scenario& scenario;
};

class Node {
 public:
  virtual ~Node() = default;
  virtual void start() = 0;
  virtual void stop(std::chrono::milliseconds limit, Task stopped) = 0;
  // Deliveries in memory, by the service's own account.
  virtual double held() const { return 0; }
};

std::unique_ptr<Node> make_engine(Channel channel, Surroundings surroundings, ProcessPtr process);
std::unique_ptr<Node> make_planner(Surroundings surroundings, ProcessPtr process);

}  // namespace vestnik::simulation
