#include "log/kafka/reaper.h"

#include <chrono>
#include <utility>

namespace vestnik::log::kafka {
namespace {

// Enough for the rebalance that closing begins with; what else it waits for, rd_kafka_destroy waits for as
// well or cuts short.
constexpr std::chrono::seconds close_time_max{3};
constexpr int poll_ms = 100;

void finish_closing(rd_kafka_t* client, rd_kafka_queue_t* queue) {
  const auto until = std::chrono::steady_clock::now() + close_time_max;
  while (rd_kafka_consumer_closed(client) == 0 && std::chrono::steady_clock::now() < until) {
    const EventHandle event(rd_kafka_queue_poll(queue, poll_ms));
    if (event == nullptr || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_REBALANCE) continue;
    // Closing goes no further until the partitions are given up.
    const ErrorHandle error(
        rd_kafka_incremental_unassign(client, rd_kafka_event_topic_partition_list(event.get())));
  }
}

}  // namespace

void Reaper::take(ClientHandle client, QueueHandle queue) {
  const std::lock_guard lock(mutex_);
  threads_.emplace_back([client = std::move(client), queue = std::move(queue)]() mutable {
    finish_closing(client.get(), queue.get());
    queue.reset();
    client.reset();
  });
}

}  // namespace vestnik::log::kafka
