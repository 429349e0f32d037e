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

  void submit(Database::Work work, Database::Done done);
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
  Result<void, Error> read(SqliteConnection& connection, Database::Work& work);

  const std::filesystem::path file_;
  const std::size_t queue_max_;
  Condition& condition_;

  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable quiet_;
  std::deque<Job> queue_;
  std::size_t reading_ = 0;
  bool paused_ = false;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vestnik::sqlite
