// One run of one process: the Scheduler that a service lives on. Its tasks and timers die with it.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/executor.h"
#include "simulation/world.h"

namespace vestnik::simulation {

class Process final : public Scheduler, public std::enable_shared_from_this<Process>, private vestnik::Clock {
 public:
  // `name`: "email-2#5", the fifth run in the second place for an email-service.
  Process(World& world, std::string name) : world_(world), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  World& world() { return world_; }

  // Ignored once it is dead: what answers a dead process answers nobody.
  void post(Task task) override;
  const vestnik::Clock& clock() const override { return *this; }
  [[nodiscard]] std::unique_ptr<Timer> after(std::chrono::microseconds delay, Task task) override;

  bool alive() const { return alive_; }
  bool frozen() const { return frozen_; }
  // Alive and not asleep.
  bool runs() const { return alive_ && !frozen_; }

  // As by SIGKILL. Whoever owns what lives on it destroys that next.
  void kill() { alive_ = false; }
  // After kill(), and after what lived on it is gone.
  void drop_tasks() { ready_.clear(); }
  // As by SIGSTOP and SIGCONT: what comes meanwhile waits.
  void freeze() { frozen_ = true; }
  void wake();

 private:
  struct TimerState {
    Task task;
    World* world = nullptr;
    World::Event event;
    bool fired = false;
  };
  class Handle;

  Timestamp now() const override { return world_.wall(); }
  SteadyTime steady_now() const override { return world_.steady(); }
  void arm();
  void turn();

  World& world_;
  std::string name_;
  std::deque<Task> ready_;
  bool turn_is_due_ = false;
  bool alive_ = true;
  bool frozen_ = false;
};
using ProcessPtr = std::shared_ptr<Process>;

}  // namespace vestnik::simulation
