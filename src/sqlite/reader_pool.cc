#include "sqlite/reader_pool.h"

#include <optional>
#include <pthread.h>

#include "sqlite/connection.h"

namespace vestnik::sqlite {

ReaderPool::ReaderPool(std::filesystem::path file, std::size_t threads, std::size_t queue_max,
                       Condition& condition)
    : file_(std::move(file)), queue_max_(queue_max), condition_(condition) {
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

void ReaderPool::submit(Database::Work work, Database::Done done) {
  {
    std::unique_lock lock(mutex_);
    if (!closed_ && queue_.size() < queue_max_) {
      queue_.push_back({std::move(work), std::move(done)});
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

void ReaderPool::run() {
  pthread_setname_np(pthread_self(), "sqlite-reader");
  std::optional<SqliteConnection>
      connection;  // opened by the first read: an idle process does without its memory
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return !paused_ && (closed_ || !queue_.empty()); });
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    ++reading_;
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
