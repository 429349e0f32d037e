// Threads with a read-only connection each. Internal to this module.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "sqlite/condition.h"
#include "sqlite/database.h"

namespace vestnik::sqlite {

class SqliteConnection;

class ReaderPool {
 public:
  ReaderPool(std::filesystem::path file, std::size_t threads, std::size_t queue_max, Condition& condition);
  ~ReaderPool();

  // Long reads never take the last thread, if there is more than one, and come after the short ones.
  enum class Kind { short_read, long_read };
  void submit(Kind kind, Database::Work work, Database::Done done);
  // From here on submit() answers `closed`.
  void close();
  // Closes, runs and answers what is queued, then ends the threads.
  void stop();

  // Lets no reader begin a snapshot, and waits until none is open; false: some still were after `wait`.
  // resume() ends it in both cases. While it holds, a checkpoint can start the WAL over, which readers that
  // overlap would prevent.
  bool pause(std::chrono::milliseconds wait);
  void resume();

 private:
  struct Job {
    Database::Work work;
    Database::Done done;
  };

  void run();
  // What a thread may begin now; none: nullptr. Under the lock.
  std::deque<Job>* next_queue();
  Result<void, Error> read(SqliteConnection& connection, Database::Work& work);

  const std::filesystem::path file_;
  const std::size_t queue_max_;  // of each queue
  const std::size_t long_reads_max_;
  Condition& condition_;

  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable quiet_;
  std::deque<Job> queue_, long_queue_;
  std::size_t reading_ = 0, reading_long_ = 0;
  bool paused_ = false;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vestnik::sqlite
