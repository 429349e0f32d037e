// GroupMember's questions about its lag: where the group stood when partitions were assigned, and where they
// end. A member that reads no more (back-pressure) sees no watermarks, so the ends are asked for.
#include <array>

#include "log/kafka/group_member.h"
#include "log/kafka/partition_list.h"

namespace vestnik::log::kafka {
namespace {

constexpr std::chrono::milliseconds ask_interval{2000};

AdminOptionsHandle options_for(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  AdminOptionsHandle options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, 128> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(ask_interval.count()),
                                            reason.data(), reason.size());
  return options;
}

}  // namespace

void GroupMember::ask_committed(const rd_kafka_topic_partition_list_t* list) {
  const GroupOffsetsHandle question(rd_kafka_ListConsumerGroupOffsets_new(options_.group.c_str(), list));
  rd_kafka_ListConsumerGroupOffsets_t* questions[] = {question.get()};
  const auto options = options_for(client_.get(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
  rd_kafka_ListConsumerGroupOffsets(client_.get(), questions, 1, options.get(), replies_.get());
}

void GroupMember::on_group_offsets(rd_kafka_event_t* event) {
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  std::size_t count = 0;
  const auto* const* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_topic_partition_list_t* list = rd_kafka_group_result_partitions(groups[i]);
    for (int k = 0; list != nullptr && k < list->cnt; ++k) {
      const rd_kafka_topic_partition_t& entry = list->elems[k];
      if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR && entry.offset >= 0)
        progress_.set_committed({entry.topic, entry.partition}, entry.offset);
    }
  }
}

void GroupMember::step_lag(SteadyTime now) {
  if (lag_asked_ || now < lag_at_) return;
  const std::vector<TopicPartition> assigned = progress_.assigned();
  if (assigned.empty()) return;
  lag_at_ = now + ask_interval;
  lag_asked_ = true;
  const auto list = partition_list(assigned);
  for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = RD_KAFKA_OFFSET_SPEC_LATEST;
  const auto options = options_for(client_.get(), RD_KAFKA_ADMIN_OP_LISTOFFSETS);
  rd_kafka_ListOffsets(client_.get(), list.get(), options.get(), replies_.get());
}

void GroupMember::on_end_offsets(rd_kafka_event_t* event) {
  lag_asked_ = false;
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  std::size_t count = 0;
  const auto* const* infos =
      rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_topic_partition_t* entry = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
    if (entry->err == RD_KAFKA_RESP_ERR_NO_ERROR && entry->offset >= 0)
      progress_.set_end({entry->topic, entry->partition}, entry->offset);
  }
}

}  // namespace vestnik::log::kafka
