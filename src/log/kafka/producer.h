// Appending. Callers put appends into a bounded intake; the I/O thread moves them into lanes, one per
// partition, and from there to librdkafka, which sends them with an idempotent producer.
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

class Producer final : public IoThread::Source {
 public:
  // Throws as KafkaLog's constructor does. `options`, `io`, `topics` and `health` must outlive it.
  Producer(const Options& options, IoThread& io, Topics& topics, HealthBoard& health);
  ~Producer() override;

  // Any thread.
  void append(std::string_view topic, std::vector<Record> records, AppendDone done);
  // Of one of the options' topics, as far as known; else 0. Any thread.
  std::int32_t partitions(std::string_view topic) const;
  // Any thread: refuses appends from now on; `drained` runs on the I/O thread when each that was taken has
  // been told.
  void close(Task drained);

  bool serve(SteadyTime now) override;

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
    AppendDone done;
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
    std::size_t in_flight = 0;
  };

  bool poll(ProducerClient& client, SteadyTime now);
  void on_error(rd_kafka_event_t* event);
  void on_report(const rd_kafka_message_t& message, SteadyTime now);
  void take_intake();
  void place_unplaced();
  void place(Append& append, std::int32_t partitions);
  void pump(Lane& lane);
  void expire(SteadyTime now);
  void report(Ticket& ticket, Result<void, Error> outcome);
  void tell(Append& append, Result<void, Error> outcome);
  void finish(Append& append);
  void replace_client();
  void retire_clients();

  const Options& options_;
  IoThread& io_;
  Topics& topics_;
  HealthBoard& health_;

  std::mutex mutex_;
  std::list<Append> intake_;       // guarded by mutex_
  std::size_t taken_records_ = 0;  // guarded by mutex_: in the intake or under way
  std::size_t taken_bytes_ = 0;    // guarded by mutex_
  bool closed_ = false;            // guarded by mutex_
  std::atomic<bool> unreachable_ = false;
  std::map<std::string, std::atomic<std::int32_t>, std::less<>> partitions_known_;  // its keys never change

  std::list<Append> appends_;     // under way, oldest first
  std::deque<Append*> unplaced_;  // their topic's partitions aren't known yet
  std::map<std::pair<std::string, std::int32_t>, Lane> lanes_;
  Task drained_;
  std::unique_ptr<ProducerClient> client_;
  bool client_lost_ = false;                              // a fatal error: to be replaced
  std::vector<std::unique_ptr<ProducerClient>> retired_;  // after a fatal error, until their last report
};

}  // namespace vestnik::log::kafka
