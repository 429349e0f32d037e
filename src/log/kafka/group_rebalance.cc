// GroupMember's part in rebalances.
#include <utility>

#include "base/logging.h"
#include "log/kafka/group_member.h"
#include "log/kafka/partition_list.h"

namespace vestnik::log::kafka {
namespace {

// What log.h promises the consumer, and what the last commit may take on top.
constexpr std::chrono::milliseconds release_time{5000};
constexpr std::chrono::milliseconds last_commit_time{2000};

}  // namespace

void GroupMember::on_rebalance(rd_kafka_event_t* event, SteadyTime now) {
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  switch (rd_kafka_event_error(event)) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: on_assigned(list); return;
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: on_revoked(list, now); return;
    default:
      logging::warning("kafka", "a rebalance failed",
                       {{"group", options_.group}, {"reason", rd_kafka_event_error_string(event)}});
      give_up(progress_.assigned());
  }
}

void GroupMember::on_assigned(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions = partitions_of(list);
  if (phase_ == Phase::running) {
    progress_.assign(partitions);
    for (const auto& [topic, partition] : partitions) {
      const QueueHandle queue(rd_kafka_queue_get_partition(client_.get(), topic.c_str(), partition));
      rd_kafka_queue_forward(queue.get(), data_.get());
    }
  }
  const ErrorHandle error(rd_kafka_incremental_assign(client_.get(), list));
  if (error != nullptr) {
    health_.unwell("group " + options_.group, rd_kafka_error_string(error.get()));
    progress_.drop(partitions);
    return;
  }
  health_.well("group " + options_.group);
  if (phase_ != Phase::running || partitions.empty()) return;
  const std::int64_t epoch = generation();
  logging::info("kafka", "partitions assigned",
                {{"group", options_.group}, {"partitions", partitions.size()}, {"generation", epoch}});
  ask_committed(list);
  executor_.post([link = link_, assigned = std::move(partitions), epoch]() mutable {
    if (link->consumer != nullptr) link->consumer->on_assigned(std::move(assigned), epoch);
  });
}

void GroupMember::on_revoked(const rd_kafka_topic_partition_list_t* list, SteadyTime now) {
  std::vector<TopicPartition> partitions = partitions_of(list);
  const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
  progress_.stop(partitions);
  if (phase_ != Phase::running || partitions.empty()) return give_up(partitions);
  logging::info("kafka", "partitions revoked",
                {{"group", options_.group}, {"partitions", partitions.size()}, {"lost", lost}});
  if (lost) {
    // Another member may have them already: there is nothing to wait for, and a commit would be refused.
    give_up(partitions);
    tell_revoked(std::move(partitions), [] {});
    return;
  }
  auto released = std::make_shared<std::atomic<bool>>(false);
  revocation_ = Revocation{partitions, released, now + release_time, std::nullopt};
  tell_revoked(std::move(partitions), [released, wake = io_.wake()] {
    *released = true;
    wake->signal();
  });
}

void GroupMember::tell_revoked(std::vector<TopicPartition> partitions, Task released) {
  executor_.post([link = link_, revoked = std::move(partitions), release = std::move(released)]() mutable {
    if (link->consumer != nullptr) link->consumer->on_revoked(std::move(revoked), std::move(release));
  });
}

void GroupMember::step_revocation(SteadyTime now) {
  if (!revocation_) return;
  if (!revocation_->commit_until) {
    if (!*revocation_->released && now < revocation_->give_up_at) return;
    revocation_->commit_until = now + last_commit_time;
  }
  if (progress_.has_uncommitted() && now < *revocation_->commit_until) {
    if (now >= commit_retry_at_) start_commit(now);
    return;
  }
  give_up(std::exchange(revocation_, std::nullopt)->partitions);
}

void GroupMember::give_up(const std::vector<TopicPartition>& partitions) {
  progress_.drop(partitions);
  const auto list = partition_list(partitions);
  const ErrorHandle error(rd_kafka_incremental_unassign(client_.get(), list.get()));
  if (error != nullptr) health_.unwell("group " + options_.group, rd_kafka_error_string(error.get()));
}

std::int64_t GroupMember::generation() const {
  const GroupMetadataHandle metadata(rd_kafka_consumer_group_metadata(client_.get()));
  return metadata == nullptr ? 0 : rd_kafka_consumer_group_metadata_generation_id(metadata.get());
}

}  // namespace vestnik::log::kafka
