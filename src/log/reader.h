// The log as a command reads it: outside any group, blocking, from a partition's beginning to an end that is
// known. Two implementations, log/sqlite and log/kafka; the log's contract suite (contract_reader_test.h)
// runs against both.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "log/log.h"

namespace vestnik::log {

// The records of one partition that are there now: offsets from `first` to before `end`.
struct PartitionRange {
  TopicPartition partition;
  std::int64_t first = 0;  // later than 0: what was before has been removed
  std::int64_t end = 0;

  friend auto operator<=>(const PartitionRange&, const PartitionRange&) = default;
};

// Used by one thread at a time. All functions throw std::runtime_error with what to do when the log can't be
// read.
class Reader {
 public:
  virtual ~Reader() = default;

  // By partition; empty: there is no such topic.
  virtual std::vector<PartitionRange> partitions(const std::string& topic) = 0;

  // How far `group` has come in `topic`: the first offset it has not let go, by partition. A partition that
  // it has committed nothing of is not there.
  virtual std::map<std::int32_t, std::int64_t> committed(const std::string& group,
                                                         const std::string& topic) = 0;

  // Calls `take` with each record of `range` in the order of their offsets. Offsets may be missing: Kafka
  // leaves gaps, and what retention removes meanwhile is passed over. `take` may throw; that ends the
  // reading.
  using Take = std::function<void(std::int64_t offset, const Record& record)>;
  virtual void read(const PartitionRange& range, const Take& take) = 0;
};

}  // namespace vestnik::log
