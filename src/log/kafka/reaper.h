// Ends consumers that could not leave their group in time, away from whoever wants to go on: with its
// coordinator away librdkafka waits for up to session.timeout.ms (6 s) before it gives up a commit that it
// has begun.
#pragma once

#include <mutex>
#include <thread>
#include <vector>

#include "log/kafka/handles.h"

namespace vestnik::log::kafka {

class Reaper {
 public:
  // Waits until all have ended.
  ~Reaper() = default;

  // Any thread. `client` is being closed by rd_kafka_consumer_close_queue towards `queue`; its other queues
  // are gone.
  void take(ClientHandle client, QueueHandle queue);

 private:
  std::mutex mutex_;
  std::vector<std::jthread> threads_;  // guarded by mutex_
};

}  // namespace vestnik::log::kafka
