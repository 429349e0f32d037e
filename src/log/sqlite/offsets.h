// How far each group has come. A commit is a hint, so it is kept in memory at once and written within 50 ms,
// together with whatever the writer is about to write then.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/executor.h"
#include "log/sqlite/deadlines.h"
#include "sqlite/database.h"

namespace vestnik::log::sqlite {

// All functions may be called from any thread.
class Offsets {
 public:
  // A group's place in one partition.
  struct Entry {
    std::string group;
    std::int64_t topic_id = 0;
    std::int32_t partition = 0;
    std::int64_t next_offset = 0;  // guarded by Offsets, like `dirty`
    bool dirty = false;
  };

  Offsets(vestnik::sqlite::Database& database, Deadlines& deadlines)
      : database_(database), deadlines_(deadlines) {}

  void load(vestnik::sqlite::Connection& connection);

  // Stays good as long as this object.
  Entry& entry(const std::string& group, std::int64_t topic_id, std::int32_t partition);
  std::int64_t committed(const Entry& entry) const;
  void commit(Entry& entry, std::int64_t next_offset);

  // Calls `durable` (on the writer's thread, or at once when there is nothing to write) when all commits so
  // far are durable. While the disk is full that waits; after a fatal error it is never called.
  void flush(Task durable);

  // Writes what is left and returns when that has been answered.
  void close();

 private:
  struct Write {
    std::vector<std::pair<Entry*, std::int64_t>> values;
    std::vector<Task> waiting;
  };

  void start_write();
  void finish_write(Write& write, const Result<void, vestnik::sqlite::Error>& result);
  void write_later(std::chrono::milliseconds delay);

  vestnik::sqlite::Database& database_;
  Deadlines& deadlines_;

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::map<std::tuple<std::string, std::int64_t, std::int32_t>, Entry> entries_;
  std::vector<Entry*> dirty_;
  std::vector<Task> waiting_;
  bool scheduled_ = false;
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace vestnik::log::sqlite
