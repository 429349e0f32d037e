// The log seam: append records durably, consume them in groups, let offsets go. Two implementations stand
// behind it, log/sqlite (embedded) and log/kafka; one contract suite (contract_test.h) runs against both.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/health.h"
#include "base/result.h"
#include "model/record.h"

namespace vestnik::log {

enum class ErrorKind {
  unavailable,  // nothing was made durable as far as is known, or it may have been: repeat with the same ids
  overloaded,   // the bounded queue is full; nothing was taken: try again after a pause
  too_large,    // the record exceeds the limit; it will never be taken
  closed,       // the log is shutting down
};
using Error = Failure<ErrorKind>;

// A value larger than this is refused with too_large, whatever the implementation.
inline constexpr std::size_t record_bytes_max = 900 * 1024;

// Called once per append, on any thread; it must not block.
using AppendDone = std::move_only_function<void(Result<void, Error>)>;

struct Position {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

struct ConsumedRecord {
  Position position;
  Record record;
};

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;

  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// A member of a consumer group. Its functions run on the executor given to subscribe(), never at the same
// time.
class Consumer {
 public:
  virtual ~Consumer() = default;

  // Records of the assigned partitions; within a partition in the order of their offsets. Each must be let go
  // with Subscription::done sooner or later; delivery is at least once.
  virtual void on_records(std::vector<ConsumedRecord> records) = 0;

  // These partitions are this member's from now on. `epoch` grows with every rebalance of the group.
  virtual void on_assigned(std::vector<TopicPartition> /*partitions*/, std::int64_t /*epoch*/) {}

  // These partitions are being taken away: start nothing more for them. They go to another member once
  // `released` is called (from any thread), or after 5 s. What is done by then is committed; later done()
  // calls for them are ignored.
  virtual void on_revoked(std::vector<TopicPartition> /*partitions*/, Task released) { released(); }
};

// Membership in a group. Destroying it leaves the group: commits what is done, and no function of the
// consumer runs afterwards. Destroy it on the consumer's executor or after that executor has stopped.
class Subscription {
 public:
  virtual ~Subscription() = default;

  // This record needs to be delivered to the group no more. Order is free: only the contiguous prefix of a
  // partition is committed, soon and in batches. Call it on the consumer's executor.
  virtual void done(const Position& position) = 0;

  // Commits all that is done so far and calls back on the consumer's executor when that is durable.
  virtual void flush(Task committed) = 0;
};

struct SubscribeOptions {
  std::string group;
  std::vector<std::string> topics;
  // Back-pressure: at most this many records are handed out and not yet done; then the member reads no more
  // (it stays in its group) until some are.
  std::size_t in_flight_max = 4096;
  // At most this many records in one on_records call.
  std::size_t batch_max = 512;
};

struct GroupLag {
  std::string group;
  std::string topic;
  std::int64_t lag = 0;  // records appended and not yet committed by the group
};

// The partition of `key` among `partitions`: murmur2 as Kafka's default partitioner has it, so both logs
// agree.
std::int32_t partition_of(std::string_view key, std::int32_t partitions);

// A batch goes to one partition, so a moment's records make larger batches, and fewer requests and rows,
// where their keys fall together. Whoever may choose a key (a new user's id) draws one that this holds. It
// moves on after gathering_slice, so that all partitions get their share.
struct Gathering {
  std::int32_t partition = 0;
  std::int32_t partitions = 1;

  bool holds(std::string_view key) const { return partition_of(key, partitions) == partition; }
};

inline constexpr std::chrono::milliseconds gathering_slice{50};

// `partitions` 0: not known, so every key is as good.
inline Gathering gathering_at(SteadyTime now, std::int32_t partitions) {
  if (partitions <= 1) return {};
  return {static_cast<std::int32_t>(now.time_since_epoch() / gathering_slice % partitions), partitions};
}

class Log {
 public:
  virtual ~Log() = default;

  // Appends all of `records` to `topic`, each to the partition its key gives; `done` is called once, when
  // every one is durable, or with the first error (some may be durable then). Records of one key keep the
  // order of the append calls made from one thread. Safe from any thread. Never blocks: a full queue is
  // `overloaded` at once. A failure is told within 2 s, so that a caller can answer 503.
  virtual void append(std::string_view topic, std::vector<Record> records, AppendDone done) = 0;

  // Where keys that are free to choose should fall now. Safe from any thread, cheap.
  virtual Gathering gathering(std::string_view /*topic*/) const { return {}; }

  // Joins a consumer group; it begins where the group stopped, or at the earliest record. `consumer` and
  // `executor` must outlive the subscription.
  virtual std::unique_ptr<Subscription> subscribe(SubscribeOptions options, Consumer& consumer,
                                                  Executor& executor) = 0;

  // For /readyz: cheap, answers from what is known already.
  virtual Health health() const = 0;

  // For /metrics and the dashboard: one entry per group and topic this process consumes.
  virtual std::vector<GroupLag> lag() const = 0;
};

}  // namespace vestnik::log
