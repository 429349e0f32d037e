// Reads Kafka's topics outside any group: it joins none and commits nothing.
#pragma once

#include "log/kafka/handles.h"
#include "log/kafka/kafka_log.h"
#include "log/reader.h"

namespace vestnik::log::kafka {

class KafkaReader final : public Reader {
 public:
  // Throws as KafkaLog does; connects with the first question.
  explicit KafkaReader(Options options);

  std::vector<PartitionRange> partitions(const std::string& topic) override;
  std::map<std::int32_t, std::int64_t> committed(const std::string& group, const std::string& topic) override;
  void read(const PartitionRange& range, const Take& take) override;

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& reason) const;
  std::int32_t partition_count(const std::string& topic);
  void ask_offsets(std::vector<PartitionRange>& ranges, std::int64_t which,
                   std::int64_t PartitionRange::* offset);

  const Options options_;
  ClientHandle client_;
};

}  // namespace vestnik::log::kafka
