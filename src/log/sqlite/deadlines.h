// A thread that runs tasks at their time: what bounds a rebalance and gathers commits. It sleeps when there
// are none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/executor.h"

namespace vestnik::log::sqlite {

class Deadlines {
 public:
  Deadlines() : thread_([this] { run(); }) {}
  ~Deadlines() { stop(); }

  // Returns when no task runs and none will; what is not due yet is dropped. Not from a task.
  void stop();

  // Any thread. `task` must not block. Dropped after stop().
  void after(std::chrono::milliseconds delay, Task task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, Task> tasks_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace vestnik::log::sqlite
