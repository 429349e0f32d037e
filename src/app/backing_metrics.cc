#include "app/backing_metrics.h"

#include <memory>

namespace vestnik::app {
namespace {

struct FileCounters {
  explicit FileCounters(Metrics& metrics)
      : writes(metrics.counter("vestnik_file_writes_total",
                               "Writes to the embedded file that are durable; many share a transaction")),
        transactions(metrics.counter("vestnik_file_transactions_total",
                                     "Transactions of the embedded file, each with one fsync")),
        checkpoints(metrics.counter("vestnik_file_checkpoints_total",
                                    "Moves of the write-ahead log's content into the embedded file")) {}

  void set(const sqlite::Counters& now) {
    raise(writes, now.writes);
    raise(transactions, now.commits);
    raise(checkpoints, now.checkpoints);
  }

  static void raise(prometheus::Counter& counter, std::uint64_t to) {
    counter.Increment(static_cast<double>(to) - counter.Value());
  }

  prometheus::Counter& writes;
  prometheus::Counter& transactions;
  prometheus::Counter& checkpoints;
};

}  // namespace

void add_backing_metrics(Metrics& metrics, const Backing& backing) {
  metrics.before_collect([&metrics, log = backing.log.get()] {
    for (const log::GroupLag& one : log->lag())
      metrics
          .gauge(
              "vestnik_log_lag_records",
              "Records appended and not yet committed by the consumer group, in the partitions it has here",
              {{"group", one.group}, {"topic", one.topic}})
          .Set(static_cast<double>(one.lag));
  });
  if (!backing.database) return;
  auto counters = std::make_shared<FileCounters>(metrics);
  metrics.before_collect(
      [counters, database = backing.database.get()] { counters->set(database->counters()); });
}

}  // namespace vestnik::app
