// The embedded log: batches of records in the Database's file, groups inside this process.
//
// A batch of appends is one row for each partition it touches, written in the writer's group transaction, so
// the ledger and the timeline share its fsync. Nothing is removed from the log yet; the time of each batch is
// kept for that.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "log/sqlite/appender.h"
#include "log/sqlite/catalog.h"
#include "log/sqlite/deadlines.h"
#include "log/sqlite/offsets.h"

namespace vestnik::log::sqlite {

class Group;
class Member;

struct Options {
  // Of a topic that is used for the first time, 1 … 1024. A topic keeps the number it was made with.
  std::int32_t partitions = 4;
  // Appends waiting to be written, encoded; beyond it append() answers `overloaded`.
  std::size_t pending_bytes_max = 32 * 1024 * 1024;
  // The newest batches kept in memory, for consumers that keep up.
  std::size_t cache_bytes_max = 4 * 1024 * 1024;
};

class SqliteLog final : public Log {
 public:
  // `database` and `clock` must outlive the log. Throws std::runtime_error when the file is of a newer
  // version or can't be read. One log for a database. Not on the database's threads.
  SqliteLog(vestnik::sqlite::Database& database, const Clock& clock, Options options = {});
  // Refuses appends, answers those it has taken, writes the commits. Subscriptions must be gone.
  ~SqliteLog() override;

  // Makes a topic with its own number of partitions, unless it is known already.
  void create_topic(std::string_view name, std::int32_t partitions);

  // Where the record is in the file, for record_at(): as long as the file lives. Any thread.
  std::int64_t place_of(std::string_view topic, std::int32_t partition, std::int64_t offset) const;
  // Throws std::runtime_error where nothing is there or it is damaged.
  static Record record_at(vestnik::sqlite::Connection& connection, std::int64_t place);

  void append(std::string_view topic, std::vector<Record> records, AppendDone done) override;
  Gathering gathering(std::string_view topic) const override;
  std::unique_ptr<Subscription> subscribe(SubscribeOptions options, Consumer& consumer,
                                          Executor& executor) override;
  Health health() const override;
  std::vector<GroupLag> lag() const override;

 private:
  void load();
  void wake_consumers(const std::vector<Topic*>& topics);

  vestnik::sqlite::Database& database_;
  const Clock& clock_;
  const Options options_;
  Deadlines deadlines_;
  mutable Catalog catalog_;  // a topic that is asked for is there from then on
  Offsets offsets_;
  Appender appender_;
  std::atomic<std::int64_t> epochs_ = 0;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Group>> groups_;
  std::vector<std::weak_ptr<Member>> members_;
};

}  // namespace vestnik::log::sqlite
