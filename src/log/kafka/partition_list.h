// Between librdkafka's partition lists and ours.
#pragma once

#include <vector>

#include "log/kafka/handles.h"
#include "log/log.h"

namespace vestnik::log::kafka {

inline PartitionListHandle partition_list() {
  return PartitionListHandle(rd_kafka_topic_partition_list_new(8));
}

inline PartitionListHandle partition_list(const std::vector<TopicPartition>& partitions) {
  PartitionListHandle list = partition_list();
  for (const auto& [topic, partition] : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  return list;
}

inline std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; list != nullptr && i < list->cnt; ++i)
    partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  return partitions;
}

}  // namespace vestnik::log::kafka
