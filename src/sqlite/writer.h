// The one thread that writes: takes what is queued, one transaction for all of it, then tells everyone.
// Internal.
//
//   write() ─▶ queue ─▶ BEGIN IMMEDIATE, SAVEPOINT work RELEASE …, COMMIT (one fsync) ─▶ done …  ─▶
//   checkpoint if due
//
// While one transaction is being synced the next group gathers, so groups grow with the load and a lone write
// waits for nobody.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "sqlite/condition.h"
#include "sqlite/connection.h"
#include "sqlite/database.h"

namespace vestnik::sqlite {

class ReaderPool;

class Writer {
 public:
  Writer(std::unique_ptr<SqliteConnection> connection, std::size_t queue_max, ReaderPool& readers,
         Condition& condition);
  ~Writer();

  void submit(Database::Work work, Database::Done done);
  // From here on submit() answers `closed`.
  void close();
  // Closes, runs and answers what is queued, then ends the threads.
  void stop();
  Counters counters() const;

 private:
  struct Job {
    Database::Work work;
    Database::Done done;
    Result<void, Error> result;
  };

  void run();
  // Waits for jobs. False: closed, and nothing is left. True with no job: time to look whether there is room
  // again.
  bool take(std::vector<Job>& jobs);
  // Runs a first part of `jobs` as one transaction, answers it and returns its size.
  std::size_t commit_group(std::span<Job> jobs);
  std::size_t run_group(std::span<Job> jobs);
  // False: the whole transaction is lost, since SQLite has rolled it back or the error is fatal.
  bool run_job(Job& job);
  void roll_back();
  // Writes a row when the disk was full, so that health recovers without anyone's write.
  void probe();
  void checkpoint_if_due();

  std::unique_ptr<SqliteConnection> connection_;
  const std::size_t queue_max_;
  ReaderPool& readers_;
  Condition& condition_;

  int wal_pages_ = 0;
  int checkpoint_at_pages_;

  std::atomic<std::uint64_t> writes_ = 0;
  std::atomic<std::uint64_t> commits_ = 0;
  std::atomic<std::uint64_t> checkpoints_ = 0;

  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<Job> queue_;
  bool sleeping_ = false;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace vestnik::sqlite
