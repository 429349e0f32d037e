#include "log/sqlite/offsets.h"

#include <memory>
#include <utility>

namespace vestnik::log::sqlite {
namespace {

constexpr auto write_within = std::chrono::milliseconds(50);
constexpr auto retry_after = std::chrono::milliseconds(1000);

}  // namespace

void Offsets::load(vestnik::sqlite::Connection& connection) {
  auto rows = connection.prepare("SELECT consumer_group, topic_id, partition, next_offset FROM log_commit");
  while (rows.step())
    entry(std::string(rows.text(0)), rows.integer(1), static_cast<std::int32_t>(rows.integer(2)))
        .next_offset = rows.integer(3);
}

Offsets::Entry& Offsets::entry(const std::string& group, std::int64_t topic_id, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[{group, topic_id, partition}];
  entry.group = group;
  entry.topic_id = topic_id;
  entry.partition = partition;
  return entry;
}

std::int64_t Offsets::committed(const Entry& entry) const {
  const std::lock_guard lock(mutex_);
  return entry.next_offset;
}

void Offsets::commit(Entry& entry, std::int64_t next_offset) {
  const std::lock_guard lock(mutex_);
  entry.next_offset = next_offset;
  if (std::exchange(entry.dirty, true)) return;
  dirty_.push_back(&entry);
  // A write under way looks for more when it ends.
  if (!writing_ && !std::exchange(scheduled_, true)) write_later(write_within);
}

void Offsets::write_later(std::chrono::milliseconds delay) {
  deadlines_.after(delay, [this] {
    {
      const std::lock_guard lock(mutex_);
      scheduled_ = false;
      if (writing_ || closed_ || (dirty_.empty() && waiting_.empty())) return;
      writing_ = true;
    }
    start_write();
  });
}

void Offsets::flush(Task durable) {
  std::unique_lock lock(mutex_);
  if (dirty_.empty() && !writing_) {
    lock.unlock();
    return durable();
  }
  waiting_.push_back(std::move(durable));
  if (std::exchange(writing_, true)) return;  // the write under way is followed by another one
  lock.unlock();
  start_write();
}

void Offsets::start_write() {
  auto write = std::make_shared<Write>();
  {
    const std::lock_guard lock(mutex_);
    for (Entry* entry : std::exchange(dirty_, {})) {
      entry->dirty = false;
      write->values.emplace_back(entry, entry->next_offset);
    }
    write->waiting = std::exchange(waiting_, {});
  }
  database_.write(
      [write](vestnik::sqlite::Connection& connection) {
        auto upsert = connection.prepare(
            "INSERT INTO log_commit VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset");
        for (const auto& [entry, next_offset] : write->values)
          upsert.bind(1, entry->group)
              .bind(2, entry->topic_id)
              .bind(3, entry->partition)
              .bind(4, next_offset)
              .run();
      },
      [this, write](Result<void, vestnik::sqlite::Error> result) { finish_write(*write, result); });
}

void Offsets::finish_write(Write& write, const Result<void, vestnik::sqlite::Error>& result) {
  if (result)
    for (Task& task : write.waiting) task();
  bool again = false, later = false;
  {
    const std::lock_guard lock(mutex_);
    if (!result) {
      for (const auto& [entry, offset] : write.values)
        if (!std::exchange(entry->dirty, true)) dirty_.push_back(entry);
      waiting_.insert(waiting_.begin(), std::make_move_iterator(write.waiting.begin()),
                      std::make_move_iterator(write.waiting.end()));
      const bool never = result.error().kind == vestnik::sqlite::ErrorKind::fatal ||
                         result.error().kind == vestnik::sqlite::ErrorKind::closed;
      if (never || closed_) {
        waiting_.clear();
      } else {
        later = !std::exchange(scheduled_, true);
      }
    } else if (!waiting_.empty() || (closed_ && !dirty_.empty())) {
      again = true;
    } else if (!dirty_.empty()) {
      later = !std::exchange(scheduled_, true);
    }
    writing_ = again;
    // Under the lock: close() may return, and this object end, as soon as it is released.
    if (later) write_later(result ? write_within : retry_after);
    if (!again) idle_.notify_all();
  }
  if (again) start_write();
}

void Offsets::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  if (!writing_ && !dirty_.empty()) {
    writing_ = true;
    lock.unlock();
    start_write();
    lock.lock();
  }
  idle_.wait(lock, [this] { return !writing_; });
}

}  // namespace vestnik::log::sqlite
