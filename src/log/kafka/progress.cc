#include "log/kafka/progress.h"

#include <algorithm>
#include <utility>

namespace vestnik::log::kafka {

Progress::Partition* Progress::find(std::string_view topic, std::int32_t partition) {
  const auto partitions = topics_.find(topic);
  if (partitions == topics_.end()) return nullptr;
  const auto found = partitions->second.find(partition);
  return found == partitions->second.end() ? nullptr : &found->second;
}

void Progress::assign(const std::vector<TopicPartition>& partitions) {
  const std::lock_guard lock(mutex_);
  for (const auto& [topic, partition] : partitions) topics_[topic][partition] = {};
}

void Progress::stop(const std::vector<TopicPartition>& partitions) {
  const std::lock_guard lock(mutex_);
  for (const auto& [topic, partition] : partitions)
    if (Partition* found = find(topic, partition)) found->stopped = true;
}

void Progress::drop(const std::vector<TopicPartition>& partitions) {
  const std::lock_guard lock(mutex_);
  for (const auto& [topic, partition] : partitions) {
    const Partition* found = find(topic, partition);
    if (found == nullptr) continue;
    in_flight_ -= found->tracker.in_flight();
    topics_[topic].erase(partition);
  }
}

std::vector<TopicPartition> Progress::assigned() const {
  const std::lock_guard lock(mutex_);
  std::vector<TopicPartition> all;
  for (const auto& [topic, partitions] : topics_)
    for (const auto& [partition, state] : partitions) all.push_back({topic, partition});
  return all;
}

bool Progress::hand_out(std::string_view topic, std::int32_t partition, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  Partition* found = find(topic, partition);
  if (found == nullptr || found->stopped) return false;
  found->tracker.handed_out(offset);
  ++in_flight_;
  if (!found->committed) found->committed = offset;  // the group began here
  found->end = std::max(found->end.value_or(0), offset + 1);
  return true;
}

bool Progress::done(const Position& position) {
  const std::lock_guard lock(mutex_);
  Partition* found = find(position.topic, position.partition);
  if (found == nullptr || !found->tracker.done(position.offset)) return false;
  --in_flight_;
  if (const auto offset = found->tracker.take_committable()) found->to_commit = offset;
  return starved_ && in_flight_ <= in_flight_max_ / 2;
}

std::size_t Progress::room() {
  const std::lock_guard lock(mutex_);
  if (starved_ && in_flight_ > in_flight_max_ / 2) return 0;
  starved_ = in_flight_ >= in_flight_max_;
  return starved_ ? 0 : in_flight_max_ - in_flight_;
}

std::vector<Position> Progress::begin_commit() {
  const std::lock_guard lock(mutex_);
  std::vector<Position> offsets;
  for (auto& [topic, partitions] : topics_) {
    for (auto& [partition, state] : partitions) {
      if (!state.to_commit) continue;
      state.committing = std::exchange(state.to_commit, std::nullopt);
      offsets.push_back({topic, partition, *state.committing});
    }
  }
  return offsets;
}

void Progress::committed(const TopicPartition& partition) {
  const std::lock_guard lock(mutex_);
  Partition* found = find(partition.topic, partition.partition);
  if (found == nullptr || !found->committing) return;
  found->committed = std::exchange(found->committing, std::nullopt);
}

void Progress::commit_failed(const TopicPartition& partition) {
  const std::lock_guard lock(mutex_);
  Partition* found = find(partition.topic, partition.partition);
  if (found == nullptr || !found->committing) return;
  const auto offset = std::exchange(found->committing, std::nullopt);
  if (!found->to_commit) found->to_commit = offset;
}

bool Progress::has_uncommitted() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(topics_, [](const auto& topic) {
    return std::ranges::any_of(topic.second, [](const auto& entry) {
      return entry.second.to_commit.has_value() || entry.second.committing.has_value();
    });
  });
}

void Progress::set_committed(const TopicPartition& partition, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  Partition* found = find(partition.topic, partition.partition);
  // What we committed ourselves since the question is newer.
  if (found != nullptr && found->committed.value_or(-1) < offset) found->committed = offset;
}

void Progress::set_end(const TopicPartition& partition, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  if (Partition* found = find(partition.topic, partition.partition))
    found->end = std::max(found->end.value_or(0), offset);
}

std::map<std::string, std::int64_t> Progress::lag() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::int64_t> lags;
  for (const auto& [topic, partitions] : topics_) {
    std::int64_t& lag = lags[topic];
    for (const auto& [partition, state] : partitions)
      lag += std::max<std::int64_t>(0, state.end.value_or(0) - state.committed.value_or(0));
  }
  return lags;
}

}  // namespace vestnik::log::kafka
