// Gathers appends and writes them: whatever came while the last flush was on its way becomes the next one, a
// row for each partition, all in the writer's current transaction. An append from inside a work of the
// database is flushed by that work's own transaction.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "log/sqlite/batch_codec.h"
#include "log/sqlite/catalog.h"
#include "log/sqlite/deadlines.h"

namespace vestnik::log::sqlite {

class Appender {
 public:
  // `appended` is called on the writer's thread with the topics that have new records.
  Appender(vestnik::sqlite::Database& database, Catalog& catalog, Deadlines& deadlines, const Clock& clock,
           std::size_t pending_bytes_max, std::function<void(const std::vector<Topic*>&)> appended);

  // log.h, Log::append. Any thread.
  void append(Topic& topic, std::vector<Record> records, AppendDone done);

  // Refuses from here on, and returns when everything taken is answered.
  void close();

 private:
  struct TopicBatches {
    Topic* topic;
    std::vector<std::vector<BatchWriter>> partitions;
  };
  struct Waiting {
    SteadyTime since;
    AppendDone done;
  };
  struct Gathered {
    std::vector<TopicBatches> topics;
    std::vector<Waiting> waiting;
    std::size_t bytes = 0;
  };
  struct Row {
    Topic* topic;
    std::int32_t partition;
    BatchPtr batch;
  };
  struct Flush {
    bool joined = false;  // asked for inside a work, whose transaction it joins
    bool taken = false;   // it has run, and has what was pending then
    Gathered gathered;
    std::vector<Row> rows;
  };

  void gather(Topic& topic, const std::vector<Record>& records);
  std::shared_ptr<Flush> flush_if_needed();
  void start_flush(const std::shared_ptr<Flush>& flush);
  void take_pending(Flush& flush);
  void write_rows(vestnik::sqlite::Connection& connection, Flush& flush);
  void write_batches(vestnik::sqlite::Connection& connection, TopicBatches& batches, Flush& flush);
  std::int64_t next_offset(const Topic& topic, std::int32_t partition) const;
  void finish_flush(const std::shared_ptr<Flush>& flush, const Result<void, vestnik::sqlite::Error>& result);
  Result<void, Error> publish(Flush& flush, const Result<void, vestnik::sqlite::Error>& result);
  void watch();
  void answer_overdue();

  vestnik::sqlite::Database& database_;
  Catalog& catalog_;
  Deadlines& deadlines_;
  const Clock& clock_;
  const std::size_t pending_bytes_max_;
  const std::function<void(const std::vector<Topic*>&)> appended_;

  std::mutex mutex_;
  std::condition_variable idle_;
  Gathered pending_;
  std::list<std::shared_ptr<Flush>> flushes_;  // under way, in the order in which they were asked for
  std::vector<const Flush*> uncommitted_;  // the writer thread's: with rows in the transaction that is open
  std::string sealed_;                     // the writer thread's: kept, so that its memory is there
  bool watching_ = false;
  bool closed_ = false;
};

}  // namespace vestnik::log::sqlite
