// A librdkafka producer with what belongs to it. Replaced as a whole after a fatal error.
#pragma once

#include <map>
#include <string>

#include "log/kafka/handles.h"
#include "log/kafka/io_thread.h"
#include "model/record.h"

namespace vestnik::log::kafka {

class ProducerClient {
 public:
  ProducerClient(ClientHandle client, Wake& wake);
  // Drops what has not been reported; returns once librdkafka's threads have ended.
  ~ProducerClient();

  rd_kafka_t* get() const { return client_.get(); }
  rd_kafka_queue_t* queue() const { return queue_.get(); }

  // Hands over one record, copied. `opaque` comes back in its delivery report unless an error is returned.
  rd_kafka_resp_err_t produce(const std::string& topic, std::int32_t partition, const Record& record,
                              void* opaque);
  // Gives up all that is queued or in flight; each gets its delivery report.
  void give_up();
  // Everything that was handed over has had its report taken.
  bool idle() const { return rd_kafka_outq_len(client_.get()) == 0; }

 private:
  ClientHandle client_;
  QueueHandle queue_;
  std::map<std::string, TopicHandle, std::less<>> topics_;
};

}  // namespace vestnik::log::kafka
