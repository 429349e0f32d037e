// Gathers appends and writes them: whatever came while the last flush was on its way becomes the next one, a
// row for each partition, all in the writer's current transaction.
#pragma once

#include <condition_variable>
#include <functional>
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
  // One flush at a time, so the catalog's ends are where its rows begin.
  struct Flush {
    Gathered gathered;
    std::vector<Row> rows;
  };

  void gather(Topic& topic, const std::vector<Record>& records);
  void start_flush();
  void write_rows(vestnik::sqlite::Connection& connection, Flush& flush);
  void finish_flush(Flush& flush, const Result<void, vestnik::sqlite::Error>& result);
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
  std::shared_ptr<Flush> flushing_;  // none: the next append starts one
  bool watching_ = false;
  bool closed_ = false;
};

}  // namespace vestnik::log::sqlite
