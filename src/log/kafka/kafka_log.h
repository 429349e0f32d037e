// The log seam on Apache Kafka (librdkafka 2.14.2 or newer).
//
// One thread serves everything (io_thread.h), a producer for all topics and one consumer per subscription;
// only appends and their confirmations go past it (producer.h). Records are durable when every in-sync
// replica has them (acks=all); how many those are is the topic's min.insync.replicas.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"

namespace vestnik::log::kafka {

struct Options {
  std::string brokers;  // "host:port,host:port", KAFKA_BROKERS
  // librdkafka's properties by their names ("security.protocol"), from KAFKA_PROPERTY_…. One that librdkafka
  // does not know, or on which the log's guarantees rest, is an error at construction.
  std::map<std::string, std::string> properties;

  // Created if missing as soon as the brokers can be reached. Topics that are only appended or subscribed to
  // are as well.
  std::vector<std::string> topics;
  int partitions = 8;           // of topics created here
  int replication_factor = -1;  // of topics created here; -1: the brokers' default

  // A failure of append is told after this long at the latest (and a tick of 100 ms); at most 1,900 ms.
  std::chrono::milliseconds append_timeout{1800};
  // What may be appended and not yet confirmed; beyond it append answers `overloaded`.
  std::size_t append_records_max = 50'000;
  std::size_t append_bytes_max = 64 * 1024 * 1024;
  // What a subscription reads ahead of its consumer.
  std::size_t prefetch_bytes_max = 4 * 1024 * 1024;
};

// KAFKA_PROPERTY_SASL_USERNAME's suffix "SASL_USERNAME" → "sasl.username".
std::string property_of_variable(std::string_view suffix);

class KafkaLog final : public Log {
 public:
  // Connects in the background: brokers that are away are no error here. Throws std::invalid_argument for a
  // property that is unknown, refused or has a bad value (and names it), std::runtime_error when librdkafka
  // can't start with them.
  explicit KafkaLog(Options options);
  // Subscriptions must be gone. Waits for what was appended, at most append_timeout, then tells `closed`; and
  // for consumers whose coordinator went away in the middle of a commit, at most session.timeout.ms (6 s).
  ~KafkaLog() override;

  // `done` runs inside this call when nothing is taken (overloaded, too_large, closed, brokers known to be
  // away), else on a thread of the log's or librdkafka's. A record that can't be confirmed may have been
  // written all the same
  // (`unavailable` says so).
  void append(std::string_view topic, std::vector<Record> records, AppendDone done) override;

  // The epoch given to on_assigned is the group's generation, which the coordinator raises with every
  // rebalance. It starts again at 1 if the group itself is deleted, as Kafka does with one that was empty for
  // offsets.retention.minutes (7 days). Destroying the subscription takes at most 5 s, brokers or no brokers.
  Gathering gathering(std::string_view topic) const override;
  std::unique_ptr<Subscription> subscribe(SubscribeOptions options, Consumer& consumer,
                                          Executor& executor) override;

  Health health() const override;
  std::vector<GroupLag> lag() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vestnik::log::kafka
