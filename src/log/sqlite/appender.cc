#include "log/sqlite/appender.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "log/sqlite/schema.h"

namespace vestnik::log::sqlite {
namespace {

// A row's size: small enough that a consumer that is behind reads in even steps.
constexpr std::size_t batch_bytes_max = 256 * 1024;
// Key and headers; with the value's limit this bounds a row.
constexpr std::size_t record_rest_bytes_max = 100 * 1024;
// log.h promises an answer within 2 s, also when the disk hangs.
constexpr auto answer_within = std::chrono::milliseconds(1500);
constexpr auto watch_interval = std::chrono::milliseconds(400);

std::optional<Error> refusal_of(const std::vector<Record>& records) {
  for (const Record& record : records)
    if (record.value.size() > record_bytes_max ||
        encoded_bytes_max(record) - record.value.size() > record_rest_bytes_max)
      return Error{ErrorKind::too_large, "a record is larger than the log takes"};
  return std::nullopt;
}

ErrorKind kind_of(vestnik::sqlite::ErrorKind kind) {
  switch (kind) {
    case vestnik::sqlite::ErrorKind::unavailable:
    case vestnik::sqlite::ErrorKind::fatal: return ErrorKind::unavailable;
    case vestnik::sqlite::ErrorKind::overloaded: return ErrorKind::overloaded;
    case vestnik::sqlite::ErrorKind::closed: return ErrorKind::closed;
  }
  return ErrorKind::unavailable;
}

}  // namespace

Appender::Appender(vestnik::sqlite::Database& database, Catalog& catalog, Deadlines& deadlines,
                   const Clock& clock, std::size_t pending_bytes_max,
                   std::function<void(const std::vector<Topic*>&)> appended)
    : database_(database),
      catalog_(catalog),
      deadlines_(deadlines),
      clock_(clock),
      pending_bytes_max_(pending_bytes_max),
      appended_(std::move(appended)) {}

void Appender::append(Topic& topic, std::vector<Record> records, AppendDone done) {
  std::optional<Error> refusal = refusal_of(records);
  if (!refusal && records.empty()) return done({});
  std::shared_ptr<Flush> flush;
  if (!refusal) {
    std::size_t bytes = 0;
    for (const Record& record : records) bytes += encoded_bytes_max(record);
    const std::lock_guard lock(mutex_);
    if (closed_) {
      refusal = Error{ErrorKind::closed, "the log is closed"};
    } else if (pending_.bytes + bytes > pending_bytes_max_) {
      refusal = Error{ErrorKind::overloaded, "too many appends are waiting"};
    } else {
      gather(topic, records);
      pending_.bytes += bytes;
      pending_.waiting.push_back({clock_.steady_now(), std::move(done)});
      flush = flush_if_needed();
    }
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): moved only where it is not refused
  if (refusal) return done(std::unexpected(*std::move(refusal)));
  if (flush) start_flush(flush);
}

void Appender::gather(Topic& topic, const std::vector<Record>& records) {
  auto batches = std::ranges::find(pending_.topics, &topic, &TopicBatches::topic);
  if (batches == pending_.topics.end()) {
    pending_.topics.push_back(
        {&topic, std::vector<std::vector<BatchWriter>>(static_cast<std::size_t>(topic.partitions))});
    batches = std::prev(pending_.topics.end());
  }
  for (const Record& record : records) {
    auto& of_partition =
        batches->partitions[static_cast<std::size_t>(partition_of(record.key, topic.partitions))];
    if (of_partition.empty() || of_partition.back().size() >= batch_bytes_max) of_partition.emplace_back();
    of_partition.back().add(record);
  }
}

// Under the lock. None: one that is under way will take what is pending now.
std::shared_ptr<Appender::Flush> Appender::flush_if_needed() {
  const bool joined = database_.in_work();
  if (std::ranges::any_of(flushes_, [&](const auto& f) { return !f->taken && f->joined == joined; }))
    return nullptr;
  return flushes_.emplace_back(std::make_shared<Flush>(Flush{.joined = joined}));
}

void Appender::start_flush(const std::shared_ptr<Flush>& flush) {
  watch();
  database_.write(
      [this, flush](vestnik::sqlite::Connection& connection) { write_rows(connection, *flush); },
      [this, flush](Result<void, vestnik::sqlite::Error> result) { finish_flush(flush, result); });
}

void Appender::take_pending(Flush& flush) {
  const std::lock_guard lock(mutex_);
  flush.taken = true;
  flush.gathered = std::exchange(pending_, {});
}

void Appender::write_rows(vestnik::sqlite::Connection& connection, Flush& flush) {
  take_pending(flush);
  for (TopicBatches& batches : flush.gathered.topics) write_batches(connection, batches, flush);
  uncommitted_.push_back(&flush);
}

void Appender::write_batches(vestnik::sqlite::Connection& connection, TopicBatches& batches, Flush& flush) {
  Topic& topic = *batches.topic;
  if (!topic.persisted)
    connection.prepare("INSERT INTO log_topic VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(1, topic.id)
        .bind(2, topic.name)
        .bind(3, topic.partitions)
        .run();
  auto insert = connection.prepare("INSERT INTO log_batch VALUES (?, ?, ?, ?)");
  const std::int64_t now_us = to_unix_us(clock_.now());
  for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
    auto& writers = batches.partitions[static_cast<std::size_t>(partition)];
    if (writers.empty()) continue;
    std::int64_t offset = next_offset(topic, partition);
    for (BatchWriter& writer : writers) {
      auto batch = std::make_shared<Batch>();
      batch->base_offset = offset;
      batch->count = writer.count();
      batch->records = std::move(writer).records();
      seal(batch->records, sealed_);
      offset = batch->end_offset();
      insert.bind(1, batch_id(topic.id, partition, batch->base_offset))
          .bind(2, batch->count)
          .bind(3, now_us)
          .bind_blob(4, sealed_)
          .run();
      flush.rows.push_back({&topic, partition, std::move(batch)});
    }
  }
}

// Where the rows of the next batch begin: after those of earlier flushes of this transaction, which the
// catalog does not know yet.
std::int64_t Appender::next_offset(const Topic& topic, std::int32_t partition) const {
  for (auto flush = uncommitted_.rbegin(); flush != uncommitted_.rend(); ++flush)
    for (auto row = (*flush)->rows.rbegin(); row != (*flush)->rows.rend(); ++row)
      if (row->topic == &topic && row->partition == partition) return row->batch->end_offset();
  return catalog_.end_offset(topic, partition);
}

// The rows become visible to consumers.
Result<void, Error> Appender::publish(Flush& flush, const Result<void, vestnik::sqlite::Error>& result) {
  if (!result) return fail(kind_of(result.error().kind), result.error().message);
  for (Row& row : flush.rows) catalog_.append(*row.topic, row.partition, std::move(row.batch));
  std::vector<Topic*> topics;
  for (const TopicBatches& batches : flush.gathered.topics) {
    batches.topic->persisted = true;
    topics.push_back(batches.topic);
  }
  if (!topics.empty()) appended_(topics);
  return {};
}

void Appender::finish_flush(const std::shared_ptr<Flush>& flush,
                            const Result<void, vestnik::sqlite::Error>& result) {
  // The transaction may fail before it comes to our work: what should have been taken then is still pending.
  if (!result && !flush->taken) take_pending(*flush);
  std::erase(uncommitted_, flush.get());
  const Result<void, Error> answer = publish(*flush, result);
  std::vector<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = std::exchange(flush->gathered.waiting, {});
  }
  for (Waiting& one : waiting) one.done(answer);

  std::shared_ptr<Flush> next;
  {
    const std::lock_guard lock(mutex_);
    flushes_.remove(flush);
    if (!pending_.topics.empty()) next = flush_if_needed();
    // Under the lock: close() may return, and this object end, as soon as it is released.
    if (flushes_.empty()) idle_.notify_all();
  }
  if (next) start_flush(next);
}

void Appender::watch() {
  {
    const std::lock_guard lock(mutex_);
    if (watching_) return;
    watching_ = true;
  }
  deadlines_.after(watch_interval, [this] { answer_overdue(); });
}

void Appender::answer_overdue() {
  std::vector<Waiting> overdue;
  {
    const std::lock_guard lock(mutex_);
    watching_ = false;
    if (flushes_.empty()) return;
    const SteadyTime limit = clock_.steady_now() - answer_within;
    std::vector<std::vector<Waiting>*> lists{&pending_.waiting};
    for (const auto& flush : flushes_) lists.push_back(&flush->gathered.waiting);
    for (std::vector<Waiting>* waiting : lists) {
      const auto later =
          std::ranges::find_if(*waiting, [&](const Waiting& one) { return one.since > limit; });
      overdue.insert(overdue.end(), std::make_move_iterator(waiting->begin()),
                     std::make_move_iterator(later));
      waiting->erase(waiting->begin(), later);
    }
  }
  for (Waiting& one : overdue)
    one.done(fail(ErrorKind::unavailable, "the disk takes too long; the records may become durable yet"));
  watch();
}

void Appender::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  idle_.wait(lock, [this] { return flushes_.empty(); });
}

}  // namespace vestnik::log::sqlite
