// How far a group member has come with each of its partitions: what is handed out, done, committed.
// Thread-safe: the I/O thread hands out and commits, the consumer's executor says what is done, anyone asks
// for the lag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "log/offset_tracker.h"

namespace vestnik::log::kafka {

class Progress {
 public:
  explicit Progress(std::size_t in_flight_max) : in_flight_max_(in_flight_max) {}

  void assign(const std::vector<TopicPartition>& partitions);
  // They are being taken away: hand_out refuses, done still counts.
  void stop(const std::vector<TopicPartition>& partitions);
  // They are gone: done for them is ignored.
  void drop(const std::vector<TopicPartition>& partitions);
  std::vector<TopicPartition> assigned() const;

  // False: the partition isn't ours (any more); the record is somebody else's.
  bool hand_out(std::string_view topic, std::int32_t partition, std::int64_t offset);
  // True: the reader found no room, and now there is enough again.
  bool done(const Position& position);
  // How many more records may be handed out. Once there is none, none is given until half of them are done.
  std::size_t room();

  // What may be committed and isn't. At most one commit is under way; its outcome must be told.
  std::vector<Position> begin_commit();
  void committed(const TopicPartition& partition);
  void commit_failed(const TopicPartition& partition);
  // Something is done and not yet committed.
  bool has_uncommitted() const;

  // What the brokers say, for the lag.
  void set_committed(const TopicPartition& partition, std::int64_t offset);
  void set_end(const TopicPartition& partition, std::int64_t offset);
  // Per topic: records before the end of our partitions that aren't committed.
  std::map<std::string, std::int64_t> lag() const;

 private:
  struct Partition {
    OffsetTracker tracker;
    bool stopped = false;
    std::optional<std::int64_t> to_commit;
    std::optional<std::int64_t> committing;
    std::optional<std::int64_t> committed;
    std::optional<std::int64_t> end;
  };
  Partition* find(std::string_view topic, std::int32_t partition);

  const std::size_t in_flight_max_;
  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  std::map<std::string, std::map<std::int32_t, Partition>, std::less<>> topics_;
  std::size_t in_flight_ = 0;
  bool starved_ = false;
};

}  // namespace vestnik::log::kafka
