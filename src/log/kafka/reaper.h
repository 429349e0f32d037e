// Ends clients that could not be closed, away from whoever wants to go on: with its coordinator away
// librdkafka waits for up to session.timeout.ms (6 s) before it gives up a commit that it has begun.
#pragma once

#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "log/kafka/handles.h"

namespace vestnik::log::kafka {

class Reaper {
 public:
  // Waits until all have ended.
  ~Reaper() = default;

  // Any thread. The client's queues must be gone.
  void take(ClientHandle client) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([owned = std::move(client)]() mutable { owned.reset(); });
  }

 private:
  std::mutex mutex_;
  std::vector<std::jthread> threads_;  // guarded by mutex_
};

}  // namespace vestnik::log::kafka
