#include "log/sqlite/catalog.h"

#include <algorithm>
#include <utility>

#include "log/sqlite/schema.h"

namespace vestnik::log::sqlite {
namespace {

std::size_t memory_of(const Batch& batch) { return sizeof(Batch) + batch.records.capacity(); }

}  // namespace

void Catalog::load(vestnik::sqlite::Connection& connection) {
  const std::lock_guard lock(mutex_);
  auto topics = connection.prepare("SELECT id, name, partitions FROM log_topic");
  while (topics.step())
    add({.id = topics.integer(0),
         .name = std::string(topics.text(1)),
         .partitions = static_cast<std::int32_t>(topics.integer(2)),
         .persisted = true});
  auto newest =
      connection.prepare("SELECT id, count FROM log_batch WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1");
  for (auto& [id, entry] : by_id_)
    for (std::int32_t partition = 0; partition < entry->topic.partitions; ++partition) {
      newest.bind(1, batch_id(id, partition, 0)).bind(2, batch_id(id, partition, offset_mask));
      if (newest.step())
        entry->partitions[static_cast<std::size_t>(partition)].end_offset =
            (newest.integer(0) & offset_mask) + newest.integer(1);
      newest.reset();
    }
}

Catalog::Entry& Catalog::add(Topic topic) {
  auto entry = std::make_unique<Entry>();
  entry->topic = std::move(topic);
  entry->partitions.resize(static_cast<std::size_t>(entry->topic.partitions));
  Entry& added = *entry;
  by_id_[added.topic.id] = &added;
  by_name_[added.topic.name] = std::move(entry);
  return added;
}

Topic& Catalog::topic(std::string_view name, std::int32_t partitions) {
  const std::lock_guard lock(mutex_);
  if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second->topic;
  const std::int64_t id = by_id_.empty() ? 1 : by_id_.rbegin()->first + 1;
  return add({.id = id, .name = std::string(name), .partitions = std::clamp(partitions, 1, partitions_max)})
      .topic;
}

Catalog::Partition& Catalog::partition_of(const Topic& topic, std::int32_t partition) {
  return by_id_.at(topic.id)->partitions.at(static_cast<std::size_t>(partition));
}

const Catalog::Partition& Catalog::partition_of(const Topic& topic, std::int32_t partition) const {
  return by_id_.at(topic.id)->partitions.at(static_cast<std::size_t>(partition));
}

std::int64_t Catalog::end_offset(const Topic& topic, std::int32_t partition) const {
  const std::lock_guard lock(mutex_);
  return partition_of(topic, partition).end_offset;
}

void Catalog::append(const Topic& topic, std::int32_t partition, BatchPtr batch) {
  const std::lock_guard lock(mutex_);
  Partition& to = partition_of(topic, partition);
  to.end_offset = batch->end_offset();
  cache_bytes_ += memory_of(*batch);
  to.newest.push_back(std::move(batch));
  cached_in_order_.push_back(&to);
  evict();
}

void Catalog::evict() {
  while (cache_bytes_ > cache_bytes_max_ && !cached_in_order_.empty()) {
    Partition& partition = *cached_in_order_.front();
    cached_in_order_.pop_front();
    cache_bytes_ -= memory_of(*partition.newest.front());
    partition.newest.pop_front();
  }
}

Catalog::Where Catalog::find(const Topic& topic, std::int32_t partition, std::int64_t offset,
                             BatchPtr& batch) const {
  const std::lock_guard lock(mutex_);
  const Partition& in = partition_of(topic, partition);
  if (offset >= in.end_offset) return Where::at_end;
  const auto after =
      std::ranges::upper_bound(in.newest, offset, {}, [](const BatchPtr& b) { return b->base_offset; });
  if (after == in.newest.begin()) return Where::in_file;
  batch = (*std::prev(after))->end_offset() > offset ? *std::prev(after) : *after;
  return Where::cached;
}

void Catalog::report_damage(std::string where) {
  const std::lock_guard lock(mutex_);
  damage_ = std::move(where);
}

std::string Catalog::damage() const {
  const std::lock_guard lock(mutex_);
  return damage_;
}

}  // namespace vestnik::log::sqlite
