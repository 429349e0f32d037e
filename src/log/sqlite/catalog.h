// Topics, where each partition ends, and its newest batches in memory, so that a consumer that keeps up never
// reads the file.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite/database.h"

namespace vestnik::log::sqlite {

struct Batch {
  std::int64_t base_offset = 0;
  std::uint32_t count = 0;
  std::string records;  // batch_codec.h

  std::int64_t end_offset() const { return base_offset + count; }
};
using BatchPtr = std::shared_ptr<const Batch>;

struct Topic {
  std::int64_t id = 0;
  std::string name;
  std::int32_t partitions = 0;
  bool persisted = false;  // the writer's thread only
};

// All functions may be called from any thread.
class Catalog {
 public:
  explicit Catalog(std::size_t cache_bytes_max) : cache_bytes_max_(cache_bytes_max) {}

  // Reads the topics and the partitions' ends. Once, before anything else.
  void load(vestnik::sqlite::Connection& connection);

  // The topic of this name; one that is not known yet gets `partitions`. References stay good as long as the
  // catalog.
  Topic& topic(std::string_view name, std::int32_t partitions);

  std::int64_t end_offset(const Topic& topic, std::int32_t partition) const;

  // The batch is durable: it may be read from now on. In the order of its partition.
  void append(const Topic& topic, std::int32_t partition, BatchPtr batch);

  enum class Where { cached, in_file, at_end };
  // Where the record at `offset` is; `batch` is set to the one that has it when that is cached.
  Where find(const Topic& topic, std::int32_t partition, std::int64_t offset, BatchPtr& batch) const;

  // Something in the file can't be read; kept for health().
  void report_damage(std::string where);
  std::string damage() const;

 private:
  struct Partition {
    std::int64_t end_offset = 0;
    std::deque<BatchPtr> newest;
  };
  struct Entry {
    Topic topic;
    std::vector<Partition> partitions;
  };

  Entry& add(Topic topic);
  Partition& partition_of(const Topic& topic, std::int32_t partition);
  const Partition& partition_of(const Topic& topic, std::int32_t partition) const;
  void evict();

  const std::size_t cache_bytes_max_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> by_name_;
  std::map<std::int64_t, Entry*> by_id_;
  std::size_t cache_bytes_ = 0;
  std::deque<Partition*> cached_in_order_;  // one entry a cached batch, the oldest first
  std::string damage_;
};

}  // namespace vestnik::log::sqlite
