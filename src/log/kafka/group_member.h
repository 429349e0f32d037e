// A member of a consumer group: one librdkafka consumer, served on the I/O thread; what it has for its
// Consumer is posted to that one's executor.
//
//   wanted topics ready ─▶ subscribe ─▶ running ─▶ close(): commit what is done ─▶ leave the group ─▶ closed
//
// Three queues: the consumer's own (rebalances, errors; polling it is what keeps the member within
// max.poll.interval.ms), `data`, to which the assigned partitions are forwarded and which is left alone while
// too much is handed out (back-pressure: librdkafka stops fetching once it holds prefetch_bytes_max), and
// `replies` to commits and questions.
//
// A rebalance that takes partitions waits in librdkafka until they are given up here: after the consumer has
// released them (5 s at most) and what is done is committed (2 s at most). Nothing else waits meanwhile.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "log/kafka/handles.h"
#include "log/kafka/health_board.h"
#include "log/kafka/io_thread.h"
#include "log/kafka/progress.h"
#include "log/kafka/reaper.h"
#include "log/kafka/topics.h"
#include "log/log.h"

namespace vestnik::log::kafka {

// The consumer as the executor sees it; gone once the subscription is. Touched only on that executor.
struct ConsumerLink {
  Consumer* consumer;
};

class GroupMember final : public IoThread::Source {
 public:
  // The references must outlive it.
  GroupMember(ClientHandle client, SubscribeOptions options, IoThread& io, Topics& topics,
              HealthBoard& health, Reaper& reaper, Consumer& consumer, Executor& executor);
  // Only when it is closed. A client that could not leave its group in time is left to the reaper.
  ~GroupMember() override;

  const std::string& group() const { return options_.group; }
  Progress& progress() { return progress_; }
  ConsumerLink& link() { return *link_; }

  // On the I/O thread.
  void start();
  void flush(Task committed);
  // Commits, leaves; `closed` runs on the I/O thread within close_time, and this is served no more.
  void close(Task closed);
  bool serve(SteadyTime now) override;

 private:
  enum class Phase { waiting_for_topics, running, committing, leaving, closed };
  struct Revocation {
    std::vector<TopicPartition> partitions;
    std::shared_ptr<std::atomic<bool>> released;
    SteadyTime give_up_at;                   // waiting for `released` ends
    std::optional<SteadyTime> commit_until;  // set once it has ended
  };

  void subscribe();
  void serve_replies(SteadyTime now);
  void serve_events(SteadyTime now);
  void on_stray_records(rd_kafka_event_t* event);
  bool deliver();
  void append_record(const rd_kafka_message_t& message, std::vector<ConsumedRecord>& batch);
  void post_batch(std::vector<ConsumedRecord> batch);

  void on_rebalance(rd_kafka_event_t* event, SteadyTime now);
  void on_assigned(const rd_kafka_topic_partition_list_t* list);
  void on_revoked(const rd_kafka_topic_partition_list_t* list, SteadyTime now);
  void step_revocation(SteadyTime now);
  void give_up(const std::vector<TopicPartition>& partitions);
  void tell_revoked(std::vector<TopicPartition> partitions, Task released);
  std::int64_t generation() const;

  void step_commits(SteadyTime now);
  void start_commit(SteadyTime now);
  void on_committed(rd_kafka_event_t* event, SteadyTime now);

  void step_lag(SteadyTime now);
  void ask_committed(const rd_kafka_topic_partition_list_t* list);
  void on_group_offsets(rd_kafka_event_t* event);
  void on_end_offsets(rd_kafka_event_t* event);

  void on_error(rd_kafka_event_t* event);
  void step_close(SteadyTime now);

  const SubscribeOptions options_;
  IoThread& io_;
  Topics& topics_;
  HealthBoard& health_;
  Reaper& reaper_;
  Executor& executor_;
  const std::shared_ptr<ConsumerLink> link_;
  Progress progress_;

  ClientHandle client_;
  QueueHandle events_;
  QueueHandle data_;
  QueueHandle replies_;

  Phase phase_ = Phase::waiting_for_topics;
  std::optional<Revocation> revocation_;
  bool commit_under_way_ = false;
  SteadyTime commit_at_{};
  SteadyTime commit_retry_at_{};
  std::vector<Task> flushes_;            // wait for the next commit
  std::vector<Task> flushes_under_way_;  // wait for the one under way
  bool lag_asked_ = false;
  SteadyTime lag_at_{};
  Task closed_;
  bool close_wanted_ = false;
  bool leaving_ = false;  // librdkafka has been told to
  std::optional<SteadyTime> close_began_;
};

}  // namespace vestnik::log::kafka
