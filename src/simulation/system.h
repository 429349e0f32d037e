// The whole simulated world of one seed: places with processes in them, the surroundings, clients and faults.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "simulation/broker_client.h"
#include "simulation/checks.h"
#include "simulation/node.h"
#include "simulation/scenario.h"
#include "simulation/world.h"

namespace vestnik::simulation {

class System {
 public:
  System(World& world, Scenario scenario);
  ~System();

  void start();
  // No more faults and requests; what is broken comes back.
  void calm_down();
  // Nothing is left to do.
  bool is_quiet() const;
  void look_at_memory();
  Checks& checks() { return checks_; }

 private:
  enum class Kind { email, sms, notification, intake };
  // Where a process runs, and another one after it.
  struct Place {
    Kind kind;
    std::string name;
    int runs = 0;
    ProcessPtr process;
    std::unique_ptr<Node> node;         // all but intake
    std::unique_ptr<BrokerClient> log;  // intake
    bool stopping = false;
  };
  struct Client {
    std::size_t user = 0;
    std::uint64_t requests = 0;
    std::unique_ptr<Request> open;
    std::uint64_t tries = 0;
  };

  void start(Place& place);
  void end(Place& place);  // the process is gone, by whatever way
  void kill(Place& place);
  void stop(Place& place);
  void freeze(Place& place);
  void restart_later(Place& place);
  Place* some_place();

  void next_fault();
  void strike(Fault fault);
  void power_loss();

  void next_request(Client& client);
  void try_request(Client& client);
  void answered(Client& client, std::uint64_t which_try, bool accepted);

  World& world_;
  Scenario scenario_;
  Broker broker_;
  StoreServer store_;
  std::vector<std::unique_ptr<SmtpServer>> smtp_;
  std::vector<std::unique_ptr<SmppServer>> smpp_;
  Checks checks_;
  std::vector<Place> places_;
  std::vector<ProcessPtr> ended_;  // what still holds them may look at them
  std::vector<Client> clients_;
  bool calm_ = false;
};

}  // namespace vestnik::simulation
