#include "log/kafka/topics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <vector>

#include "base/logging.h"
#include "log/kafka/handles.h"

namespace vestnik::log::kafka {
namespace {

using std::chrono::milliseconds;

// How long one question may take: what "the brokers are away" means.
constexpr milliseconds answer_time{1000};
constexpr milliseconds ask_again_when_well{5000};
constexpr milliseconds ask_again_when_unwell{300};
// Between a topic's creation and the moment every broker knows it.
constexpr milliseconds ask_again_when_created{50};
constexpr const char* brokers_part = "brokers";

std::string part_of(const std::string& topic) { return "topic " + topic; }

AdminOptionsHandle admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, milliseconds timeout) {
  AdminOptionsHandle options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, 128> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()), reason.data(),
                                            reason.size());
  return options;
}

}  // namespace

Topics::Topics(int partitions, int replication_factor, HealthBoard& health)
    : partitions_(partitions), replication_factor_(replication_factor), health_(health) {
  health_.starting(brokers_part, "not connected yet");
}

void Topics::want(const std::string& topic) {
  if (topics_.try_emplace(topic).second) ask_at_ = SteadyTime{};
}

std::int32_t Topics::partitions(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : found->second.partitions;
}

void Topics::forget(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || found->second.state != State::ready) return;
  found->second = {};
  ask_at_ = SteadyTime{};
}

void Topics::serve(rd_kafka_t* client, rd_kafka_queue_t* queue, SteadyTime now) {
  const bool missing =
      std::ranges::any_of(topics_, [](const auto& entry) { return entry.second.state == State::missing; });
  if (missing && !creating_ && !create_failed_) create(client, queue);
  if (!asking_ && !creating_ && now >= ask_at_) ask(client, queue, now);
}

void Topics::on_contact(SteadyTime now) {
  contact_at_ = now;
  unreachable_ = false;
  last_error_.clear();
  health_.well(brokers_part);
}

bool Topics::all_ready() const {
  return std::ranges::all_of(topics_, [](const auto& entry) { return entry.second.state == State::ready; });
}

void Topics::ask(rd_kafka_t* client, rd_kafka_queue_t* queue, SteadyTime now) {
  std::vector<const char*> names;
  for (const auto& [name, topic] : topics_) names.push_back(name.c_str());
  asking_ = true;
  asked_at_ = now;
  // A topic that is wanted from here on resets it, and is asked for as soon as this answer is there.
  ask_at_ = now + ask_again_when_well;
  if (names.empty()) {
    const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER, answer_time);
    rd_kafka_DescribeCluster(client, options.get(), queue);
    return;
  }
  const TopicCollectionHandle collection(rd_kafka_TopicCollection_of_topic_names(names.data(), names.size()));
  const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, answer_time);
  rd_kafka_DescribeTopics(client, collection.get(), options.get(), queue);
}

void Topics::create(rd_kafka_t* client, rd_kafka_queue_t* queue) {
  std::vector<NewTopicHandle> owned;
  std::vector<rd_kafka_NewTopic_t*> topics;
  std::array<char, 256> reason{};
  for (const auto& [name, topic] : topics_) {
    if (topic.state != State::missing) continue;
    owned.emplace_back(
        rd_kafka_NewTopic_new(name.c_str(), partitions_, replication_factor_, reason.data(), reason.size()));
    if (owned.back() != nullptr) {
      topics.push_back(owned.back().get());
    } else {
      health_.unwell(part_of(name), fmt::format("can't be created: {}", reason.data()));
    }
  }
  if (topics.empty()) {
    create_failed_ = true;
    return;
  }
  const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, 10 * answer_time);
  creating_ = true;
  rd_kafka_CreateTopics(client, topics.data(), topics.size(), options.get(), queue);
}

void Topics::on_event(rd_kafka_event_t* event, SteadyTime now) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT:
      if (on_answer(event, now)) on_described(event, now);
      return;
    case RD_KAFKA_EVENT_DESCRIBECLUSTER_RESULT: on_answer(event, now); return;
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT: on_created(event, now); return;
    default: return;
  }
}

bool Topics::on_answer(rd_kafka_event_t* event, SteadyTime now) {
  asking_ = false;
  create_failed_ = false;
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    on_contact(now);
    return true;
  }
  ask_at_ = std::min(ask_at_, now + ask_again_when_unwell);
  // A delivery confirmed since the question proves that the brokers are only slow to answer it.
  if (contact_at_ > asked_at_) return false;
  unreachable_ = true;
  health_.unwell(brokers_part,
                 fmt::format("no broker answers: {}",
                             last_error_.empty() ? rd_kafka_event_error_string(event) : last_error_));
  return false;
}

void Topics::on_described(rd_kafka_event_t* event, SteadyTime now) {
  std::size_t count = 0;
  const auto* const* descriptions =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_TopicDescription_name(descriptions[i]);
    const auto found = topics_.find(name);
    if (found == topics_.end()) continue;
    Topic& topic = found->second;
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(descriptions[i]);
    const rd_kafka_resp_err_t code =
        error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::size_t partitions = 0;
      rd_kafka_TopicDescription_partitions(descriptions[i], &partitions);
      topic = {.state = State::ready, .partitions = static_cast<std::int32_t>(partitions)};
      health_.well(part_of(name));
    } else if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      // Just created, it is not known to every broker at once.
      if (!topic.created_here) topic.state = State::missing;
      topic.created_here = false;
    } else {
      health_.unwell(part_of(name), fmt::format("can't be read: {}", rd_kafka_err2str(code)));
    }
  }
  if (!all_ready()) ask_at_ = std::min(ask_at_, now + ask_again_when_unwell);
}

void Topics::on_created(rd_kafka_event_t* event, SteadyTime now) {
  creating_ = false;
  ask_at_ = now + ask_again_when_created;
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    create_failed_ = true;
    return;
  }
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_topic_result_name(results[i]);
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    // Another process may have been first.
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      logging::info("kafka", "topic created", {{"topic", name}, {"partitions", partitions_}});
      topics_[name] = {.state = State::unknown, .created_here = true};
      continue;
    }
    create_failed_ = true;
    health_.unwell(part_of(name),
                   fmt::format("is missing and can't be created: {} ({}); create it by hand or let this user",
                               rd_kafka_err2str(code), rd_kafka_err2name(code)));
  }
}

}  // namespace vestnik::log::kafka
