#include "log/kafka/kafka_reader.h"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <stdexcept>
#include <thread>
#include <utility>

#include "log/kafka/message.h"
#include "log/kafka/partition_list.h"
#include "log/kafka/settings.h"

namespace vestnik::log::kafka {
namespace {

// How long one question may take, and how long a partition may give nothing before it counts as unreadable.
constexpr int answer_time_ms = 10'000;
constexpr int silence_ms_max = 30'000;

// A consumer of single partitions (librdkafka's "simple consumer"), whose group never gets to know of it.
ClientHandle make_reader(const Options& options) {
  // It joins no group. But in a client that names none, librdkafka 2.15.1 follows a null pointer when a
  // coordinator that moves or loads refuses ListConsumerGroupOffsets (rd_kafka_handle_OffsetFetch →
  // rd_kafka_cgrp_op).
  ConfHandle settings = consumer_settings(options, "vestnik-reader");
  std::array<char, 512> reason{};
  // A broker holds a fetch that finds nothing new for 500 ms by default, and the next partition's waits
  // behind it.
  for (const auto& [name, value] : {std::pair{"enable.partition.eof", "true"}, {"fetch.wait.max.ms", "10"}})
    if (rd_kafka_conf_set(settings.get(), name, value, reason.data(), reason.size()) != RD_KAFKA_CONF_OK)
      throw std::invalid_argument(reason.data());
  rd_kafka_conf_set_events(settings.get(), 0);
  return make_client(ClientKind::consumer, std::move(settings));
}

using MetadataHandle = std::unique_ptr<const struct rd_kafka_metadata, Destroyer<rd_kafka_metadata_destroy>>;

// Stops the partition's fetching when it goes.
class Fetching {
 public:
  Fetching(rd_kafka_topic_t* topic, std::int32_t partition, std::int64_t from)
      : topic_(topic), partition_(partition) {
    if (rd_kafka_consume_start(topic, partition, from) != 0) error_ = rd_kafka_last_error();
  }
  ~Fetching() {
    if (error_ == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_consume_stop(topic_, partition_);
  }
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;
  rd_kafka_resp_err_t error() const { return error_; }

 private:
  rd_kafka_topic_t* topic_;
  const std::int32_t partition_;
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

// Errors of a broker that starts, of a topic that has just been made, or of a leader or coordinator that
// moves.
bool passes(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR: return true;
    default: return false;
  }
}

// What a question to the brokers gave: no error, or one with its text.
struct Answer {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string reason;
};

Answer answer(rd_kafka_resp_err_t error) { return {error, rd_kafka_err2str(error)}; }

// Asks with `send` and reads with `take`; again until it succeeds, for as long as the error may pass.
template <class Send, class Take>
Answer ask(rd_kafka_t* client, rd_kafka_admin_op_t operation, const Send& send, const Take& take) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(answer_time_ms);
  for (;;) {
    const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client, operation));
    std::array<char, 128> reason{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), answer_time_ms, reason.data(), reason.size());
    const QueueHandle replies(rd_kafka_queue_new(client));
    send(options.get(), replies.get());
    const EventHandle event(rd_kafka_queue_poll(replies.get(), answer_time_ms + 1000));
    Answer got = answer(RD_KAFKA_RESP_ERR__TIMED_OUT);
    if (event != nullptr && rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
      got = {rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get())};
    else if (event != nullptr)
      got = take(event.get());
    if (!passes(got.error) || std::chrono::steady_clock::now() >= deadline) return got;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    // What librdkafka remembers of leaders and their epochs may be what the broker refused.
    const struct rd_kafka_metadata* fresh = nullptr;
    rd_kafka_metadata(client, 1, nullptr, &fresh, answer_time_ms);
    const MetadataHandle freed(fresh);
  }
}

}  // namespace

KafkaReader::KafkaReader(Options options) : options_(std::move(options)), client_(make_reader(options_)) {}

void KafkaReader::refuse(const std::string& what, const std::string& reason) const {
  throw std::runtime_error(fmt::format(
      "{} can't be read from Kafka at {}: {}; check KAFKA_BROKERS, that the brokers run, and that this "
      "user may read",
      what, options_.brokers, reason));
}

std::int32_t KafkaReader::partition_count(const std::string& topic) {
  const TopicHandle handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  if (handle == nullptr) refuse("topic " + topic, rd_kafka_err2str(rd_kafka_last_error()));
  const struct rd_kafka_metadata* found = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(client_.get(), 0, handle.get(), &found, answer_time_ms);
  const MetadataHandle metadata(found);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) refuse("topic " + topic, rd_kafka_err2str(code));
  if (metadata->topic_cnt != 1) return 0;
  const struct rd_kafka_metadata_topic& answer = metadata->topics[0];
  if (answer.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return 0;
  if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR) refuse("topic " + topic, rd_kafka_err2str(answer.err));
  return answer.partition_cnt;
}

std::vector<PartitionRange> KafkaReader::partitions(const std::string& topic) {
  std::vector<PartitionRange> ranges;
  const std::int32_t count = partition_count(topic);
  for (std::int32_t partition = 0; partition < count; ++partition)
    ranges.push_back({.partition = {topic, partition}});
  if (ranges.empty()) return ranges;
  ask_offsets(ranges, RD_KAFKA_OFFSET_SPEC_EARLIEST, &PartitionRange::first);
  ask_offsets(ranges, RD_KAFKA_OFFSET_SPEC_LATEST, &PartitionRange::end);
  return ranges;
}

void KafkaReader::ask_offsets(std::vector<PartitionRange>& ranges, std::int64_t which,
                              std::int64_t PartitionRange::* offset) {
  const auto list = partition_list();
  for (const PartitionRange& range : ranges)
    rd_kafka_topic_partition_list_add(list.get(), range.partition.topic.c_str(), range.partition.partition)
        ->offset = which;
  const auto send = [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* replies) {
    rd_kafka_ListOffsets(client_.get(), list.get(), options, replies);
  };
  const auto take = [&](rd_kafka_event_t* event) {
    std::size_t count = 0;
    const auto* const* infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_topic_partition_t* entry = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
      if (entry->err != RD_KAFKA_RESP_ERR_NO_ERROR) return answer(entry->err);
      ranges.at(static_cast<std::size_t>(entry->partition)).*offset = entry->offset;
    }
    return count == ranges.size() ? Answer{} : answer(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  };
  const Answer got = ask(client_.get(), RD_KAFKA_ADMIN_OP_LISTOFFSETS, send, take);
  if (got.error != RD_KAFKA_RESP_ERR_NO_ERROR) refuse("topic " + ranges.front().partition.topic, got.reason);
}

std::map<std::int32_t, std::int64_t> KafkaReader::committed(const std::string& group,
                                                            const std::string& topic) {
  const GroupOffsetsHandle question(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  const auto send = [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* replies) {
    rd_kafka_ListConsumerGroupOffsets_t* questions[] = {question.get()};
    rd_kafka_ListConsumerGroupOffsets(client_.get(), questions, 1, options, replies);
  };
  std::map<std::int32_t, std::int64_t> offsets;
  const auto take = [&](rd_kafka_event_t* event) {
    std::size_t count = 0;
    const auto* const* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    for (std::size_t i = 0; i < count; ++i) {
      if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[i]))
        return Answer{rd_kafka_error_code(error), rd_kafka_error_string(error)};
      const rd_kafka_topic_partition_list_t* list = rd_kafka_group_result_partitions(groups[i]);
      for (int k = 0; list != nullptr && k < list->cnt; ++k) {
        const rd_kafka_topic_partition_t& entry = list->elems[k];
        if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return answer(entry.err);
        if (entry.topic == topic && entry.offset >= 0) offsets[entry.partition] = entry.offset;
      }
    }
    return Answer{};
  };
  const Answer got = ask(client_.get(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, send, take);
  if (got.error != RD_KAFKA_RESP_ERR_NO_ERROR) refuse("group " + group, got.reason);
  return offsets;
}

void KafkaReader::read(const PartitionRange& range, const Take& take) {
  if (range.first >= range.end) return;
  const auto& [topic, partition] = range.partition;
  const std::string what = fmt::format("topic {}, partition {},", topic, partition);
  const TopicHandle handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  if (handle == nullptr) refuse(what, rd_kafka_err2str(rd_kafka_last_error()));
  const Fetching fetching(handle.get(), partition, range.first);
  if (fetching.error() != RD_KAFKA_RESP_ERR_NO_ERROR) refuse(what, rd_kafka_err2str(fetching.error()));

  const auto begin_silence = [] {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(silence_ms_max);
  };
  auto silent_until = begin_silence();
  for (;;) {
    // One at a time: a batch would wait for its timeout at the end of every partition.
    const MessageHandle message(rd_kafka_consume(handle.get(), partition, 200));
    if (message == nullptr || passes(message->err)) {
      if (std::chrono::steady_clock::now() > silent_until) refuse(what, "no records come");
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) refuse(what, rd_kafka_message_errstr(message.get()));
    if (message->offset >= range.end) return;
    take(message->offset, record_of(*message));
    if (message->offset + 1 == range.end) return;
    silent_until = begin_silence();
  }
}

}  // namespace vestnik::log::kafka
