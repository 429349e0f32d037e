// Which topics there are: asks the brokers for every topic that is wanted, creates what is missing, and asks
// again now and then. The same question tells whether the brokers can be reached. Lives on the I/O thread.
#pragma once

#include <cstdint>
#include <librdkafka/rdkafka.h>
#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "log/kafka/health_board.h"

namespace vestnik::log::kafka {

class Topics {
 public:
  Topics(int partitions, int replication_factor, HealthBoard& health);

  void want(const std::string& topic);
  // Number of partitions; 0 while it isn't known.
  std::int32_t partitions(const std::string& topic) const;
  // The brokers say that it is gone: ask, and create it again.
  void forget(const std::string& topic);

  // Asks what is due to be asked; answers come to `queue` and from there to on_event.
  void serve(rd_kafka_t* client, rd_kafka_queue_t* queue, SteadyTime now);
  // An answer to one of our questions; other events are left alone.
  void on_event(rd_kafka_event_t* event, SteadyTime now);
  // The client that was asked is no more.
  void on_client_lost() { asking_ = creating_ = false; }

  // A broker confirmed something.
  void on_contact(SteadyTime now);
  // All connections are gone, or a delivery timed out: find out soon.
  void on_doubt() { ask_at_ = SteadyTime{}; }
  // Why a connection failed, for people: it explains why nobody answers.
  void on_error(std::string reason) { last_error_ = std::move(reason); }
  // Asked, and nobody answered since.
  bool unreachable() const { return unreachable_; }

 private:
  enum class State { unknown, missing, ready };
  struct Topic {
    State state = State::unknown;
    std::int32_t partitions = 0;
    bool created_here = false;
  };

  void ask(rd_kafka_t* client, rd_kafka_queue_t* queue, SteadyTime now);
  void create(rd_kafka_t* client, rd_kafka_queue_t* queue);
  // What every answer tells about the brokers; false: it is an error.
  bool on_answer(rd_kafka_event_t* event, SteadyTime now);
  void on_described(rd_kafka_event_t* event, SteadyTime now);
  void on_created(rd_kafka_event_t* event, SteadyTime now);
  bool all_ready() const;

  const int partitions_;
  const int replication_factor_;
  HealthBoard& health_;
  std::map<std::string, Topic> topics_;
  bool asking_ = false;
  bool creating_ = false;
  bool create_failed_ = false;
  bool unreachable_ = false;
  std::string last_error_;
  SteadyTime ask_at_{};
  SteadyTime asked_at_{};
  SteadyTime contact_at_{};
};

}  // namespace vestnik::log::kafka
