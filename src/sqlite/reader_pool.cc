#include "sqlite/reader_pool.h"

#include <algorithm>
#include <optional>
#include <pthread.h>

#include "sqlite/connection.h"

namespace vestnik::sqlite {

ReaderPool::ReaderPool(std::filesystem::path file, std::size_t threads, std::size_t queue_max,
                       Condition& condition)
    : file_(std::move(file)),
      queue_max_(queue_max),
      long_reads_max_(std::max<std::size_t>(threads, 2) - 1),
      condition_(condition) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back(&ReaderPool::run, this);
}

ReaderPool::~ReaderPool() { stop(); }

void ReaderPool::stop() {
  close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ReaderPool::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  ready_.notify_all();
}

void ReaderPool::submit(Kind kind, Database::Work work, Database::Done done) {
  std::deque<Job>& queue = kind == Kind::long_read ? long_queue_ : queue_;
  {
    std::unique_lock lock(mutex_);
    if (!closed_ && queue.size() < queue_max_) {
      queue.push_back({std::move(work), std::move(done)});
      lock.unlock();
      ready_.notify_one();
      return;
    }
    if (!closed_) {
      lock.unlock();
      if (done) done(fail(ErrorKind::overloaded, "too many reads are waiting"));
      return;
    }
  }
  if (done) done(fail(ErrorKind::closed, "the database is closed"));
}

bool ReaderPool::pause(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  paused_ = true;
  return quiet_.wait_for(lock, wait, [this] { return reading_ == 0; });
}

void ReaderPool::resume() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  ready_.notify_all();
}

std::deque<ReaderPool::Job>* ReaderPool::next_queue() {
  if (!queue_.empty()) return &queue_;
  return !long_queue_.empty() && reading_long_ < long_reads_max_ ? &long_queue_ : nullptr;
}

void ReaderPool::run() {
  pthread_setname_np(pthread_self(), "sqlite-reader");
  std::optional<SqliteConnection>
      connection;  // opened by the first read: an idle process does without its memory
  std::unique_lock lock(mutex_);
  for (;;) {
    std::deque<Job>* queue = nullptr;
    ready_.wait(lock, [&] {
      queue = paused_ ? nullptr : next_queue();
      return queue || (!paused_ && closed_);
    });
    if (!queue) return;  // what is left is long, and whoever has begun one goes on with it
    Job job = std::move(queue->front());
    queue->pop_front();
    const bool is_long = queue == &long_queue_;
    ++reading_;
    reading_long_ += is_long;
    lock.unlock();
    const Result<void, Error> result = [&]() -> Result<void, Error> {
      try {
        if (!connection) connection.emplace(file_, Access::read_only);
        return read(*connection, job.work);
      } catch (const std::exception& error) {
        return std::unexpected(condition_.met(error));
      }
    }();
    lock.lock();
    if (--reading_ == 0) quiet_.notify_all();
    reading_long_ -= is_long;
    lock.unlock();
    if (job.done) job.done(result);
    job = {};
    lock.lock();
  }
}

Result<void, Error> ReaderPool::read(SqliteConnection& connection, Database::Work& work) {
  connection.prepare("BEGIN").run();
  try {
    work(connection);
  } catch (const std::exception& error) {
    const Error met = condition_.met(error);
    if (connection.in_transaction()) connection.execute("ROLLBACK");
    return std::unexpected(met);
  }
  connection.prepare("COMMIT").run();
  return {};
}

}  // namespace vestnik::sqlite
