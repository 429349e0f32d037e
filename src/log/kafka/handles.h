// One owner per librdkafka handle.
#pragma once

#include <librdkafka/rdkafka.h>
#include <memory>

namespace vestnik::log::kafka {

template <auto Destroy>
struct Destroyer {
  template <class T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};
template <class T, auto Destroy>
using Handle = std::unique_ptr<T, Destroyer<Destroy>>;

// A consumer is closed by its own protocol (GroupMember) before it is destroyed; without this flag
// rd_kafka_destroy would close it again and wait for the coordinator without a bound.
inline void destroy_client(rd_kafka_t* client) {
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

using ConfHandle = Handle<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using ClientHandle = Handle<rd_kafka_t, destroy_client>;
using TopicHandle = Handle<rd_kafka_topic_t, rd_kafka_topic_destroy>;  // must go before its client
using QueueHandle = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;  // must go before its client
using EventHandle = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using ErrorHandle = Handle<rd_kafka_error_t, rd_kafka_error_destroy>;
using MessageHandle = Handle<rd_kafka_message_t, rd_kafka_message_destroy>;
using HeadersHandle = Handle<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using PartitionListHandle = Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using GroupMetadataHandle =
    Handle<rd_kafka_consumer_group_metadata_t, rd_kafka_consumer_group_metadata_destroy>;
using NewTopicHandle = Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using TopicCollectionHandle = Handle<rd_kafka_TopicCollection_t, rd_kafka_TopicCollection_destroy>;
using AdminOptionsHandle = Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using GroupOffsetsHandle =
    Handle<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy>;

}  // namespace vestnik::log::kafka
