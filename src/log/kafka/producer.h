// Appending. An append goes into lanes, one per partition, and from there to librdkafka, which sends it with
// an idempotent producer; all that on the caller's thread, and a confirmation is told on the thread that read
// it from the broker, so that a lone append crosses no other thread of ours. The I/O thread does the rest:
// topics that aren't known yet, batches that waited, errors, deadlines.
//
//   append ─▶ lane ─▶ librdkafka ─▶ on_confirmed ─▶ done
//               └ waits while the lane has records in flight; the last confirmation wakes the I/O thread
//
// A lane batches by what is in flight: with nothing in flight its records are handed over at once, so alone a
// record waits for nobody; while some are, the next ones collect, and go together when the reports are in or
// when they fill a batch. Lanes are per partition, so that a partition without a leader delays only itself.
#pragma once

#include <atomic>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "log/kafka/client.h"
#include "log/kafka/health_board.h"
#include "log/kafka/io_thread.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topics.h"

namespace vestnik::log::kafka {

class Producer final : public IoThread::Source, public ConfirmationListener {
 public:
  // Throws as KafkaLog's constructor does. `options`, `io`, `topics` and `health` must outlive it.
  Producer(const Options& options, IoThread& io, Topics& topics, HealthBoard& health);
  // After the I/O thread has stopped.
  ~Producer() override;

  // Any thread.
  void append(std::string_view topic, std::vector<Record> records, AppendDone done);
  // Of one of the options' topics, as far as known; else 0. Any thread.
  std::int32_t partitions(std::string_view topic) const;
  // Any thread: refuses appends from now on; `drained` runs on the I/O thread when each that was taken has
  // been told.
  void close(Task drained);

  bool serve(SteadyTime now) override;
  void on_confirmed(void* opaque) override;

 private:
  struct Append;
  struct Lane;
  // One record on its way.
  struct Ticket {
    Append* append;
    std::size_t index;
    Lane* lane;
  };
  struct Append {
    std::string topic;
    std::vector<Record> records;
    AppendDone done;  // taken out when it is told
    std::size_t bytes = 0;
    SteadyTime deadline{};
    std::vector<Ticket> tickets;  // same order as records; librdkafka holds pointers to them
    std::size_t unreported = 0;
    bool told = false;
    std::list<Append>::iterator self;
  };
  struct Lane {
    std::string topic;
    std::int32_t partition = 0;
    std::deque<Ticket*> waiting;
    std::size_t waiting_bytes = 0;
    std::size_t in_flight = 0;  // being handed over, or handed over and not yet reported
    bool is_started = false;    // ready, or served by one thread, so that the order is kept
  };
  // What is left to do when the lock has been let go: callers are told, memory is freed.
  struct Outcome {
    std::vector<std::pair<AppendDone, Result<void, Error>>> told;
    std::list<Append> finished;

    void tell();
  };
  // What one thread takes out of a lane to hand it over.
  struct Batch {
    Lane* lane = nullptr;
    std::shared_ptr<ProducerClient> client;
    std::deque<Ticket*> tickets;  // not handed over yet
    std::vector<std::pair<Ticket*, rd_kafka_resp_err_t>> refused;
    rd_kafka_resp_err_t stopped_by = RD_KAFKA_RESP_ERR_NO_ERROR;  // no more could be handed over
  };

  // This thread is inside librdkafka's call of on_confirmed, from where librdkafka must not be called.
  static inline thread_local bool in_confirmation_ = false;

  static std::size_t size_of(const Record& record);  // as Kafka counts it, at most
  static bool is_too_large(const Record& record);
  static bool is_of_unknown_topic(rd_kafka_resp_err_t code);

  bool poll(ProducerClient& client, SteadyTime now);
  void on_error(rd_kafka_event_t* event);
  void on_failed(const rd_kafka_message_t& message);

  // Under the lock (producer_lanes.cc, but for refusal and expire).
  Result<void, Error> refusal(std::size_t records, std::size_t bytes) const;
  void place_unplaced(Outcome& outcome);
  void place(Append& append, std::int32_t partitions);
  void expire(SteadyTime now, Outcome& outcome);
  bool start_if_ready(Lane& lane);
  bool take_batch(Batch& batch, Outcome& outcome);
  void end_batch(Batch& batch, Outcome& outcome);
  void put_back(Batch& batch);
  void report(Ticket& ticket, Result<void, Error> result, Outcome& outcome);
  void tell(Append& append, Result<void, Error> result, Outcome& outcome);
  void finish(Append& append, Outcome& outcome);

  void start_lanes();
  void serve_lanes();
  static void hand_over(Batch& batch);
  void replace_client();
  void retire_clients();

  const Options& options_;
  IoThread& io_;
  Topics& topics_;
  HealthBoard& health_;

  std::map<std::string, std::atomic<std::int32_t>, std::less<>> partitions_known_;  // its keys never change
  std::atomic<bool> unreachable_ = false;
  std::atomic<bool> contact_ = false;  // a broker has confirmed something since topics_ was told

  mutable std::mutex mutex_;   // of what follows, up to the I/O thread's own
  std::list<Append> appends_;  // under way, oldest first
  std::size_t taken_records_ = 0;
  std::size_t taken_bytes_ = 0;
  std::deque<Append*> unplaced_;  // their topic's partitions aren't known yet
  std::map<std::pair<std::string, std::int32_t>, Lane> lanes_;
  std::deque<Lane*> ready_;  // to be served by whoever comes first
  std::size_t bursts_ = 0;   // threads that will serve them when their burst ends (base/burst.h)
  std::shared_ptr<ProducerClient> client_;
  bool client_lost_ = false;  // a fatal error: to be replaced
  bool closed_ = false;

  Task drained_;
  std::vector<std::shared_ptr<ProducerClient>> retired_;  // after a fatal error, until their last report
};

}  // namespace vestnik::log::kafka
