// A librdkafka producer with what belongs to it. Replaced as a whole after a fatal error.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "log/kafka/handles.h"
#include "log/kafka/io_thread.h"
#include "log/kafka/kafka_log.h"
#include "model/record.h"

namespace vestnik::log::kafka {

// Hears of each record that the brokers have confirmed (acks=all).
class ConfirmationListener {
 public:
  virtual ~ConfirmationListener() = default;
  // `opaque`: as given to produce(). On librdkafka's own thread: must not block, nor call librdkafka.
  virtual void on_confirmed(void* opaque) = 0;
};

class ProducerClient {
 public:
  // Throws as KafkaLog's constructor does. `confirmed` must outlive it.
  ProducerClient(const Options& options, Wake& wake, ConfirmationListener& confirmed);
  // Drops what has not been reported; returns once librdkafka's threads have ended.
  ~ProducerClient();

  rd_kafka_t* get() const { return client_.get(); }
  rd_kafka_queue_t* queue() const { return queue_.get(); }

  // Hands over one record of the topic `name`, copied; any thread. Unless an error is returned, `opaque`
  // comes back once: in on_confirmed, or with the error in a delivery report, an event of the queue.
  rd_kafka_resp_err_t produce(const std::string& name, std::int32_t partition, const Record& record,
                              void* opaque);
  // Gives up all that is queued or in flight; each gets its delivery report.
  void give_up();
  // Everything that was handed over has been told.
  bool idle() const { return rd_kafka_outq_len(client_.get()) == 0; }

 private:
  rd_kafka_topic_t* topic(const std::string& name);

  ClientHandle client_;
  QueueHandle queue_;
  std::mutex mutex_;
  std::map<std::string, TopicHandle, std::less<>> topics_;  // guarded by mutex_
};

}  // namespace vestnik::log::kafka
