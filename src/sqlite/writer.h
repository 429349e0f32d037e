// The one thread that writes: takes what is queued, one transaction for all of it, then tells everyone.
// Internal.
//
//   write() ─▶ queue ─▶ BEGIN IMMEDIATE, SAVEPOINT work RELEASE …, COMMIT (one fsync) ─▶ done …  ─▶
//   checkpoint if due
//
// A write from inside a work joins the group that runs, and shares the work's fate.
//
// While one transaction is being synced the next group gathers, so groups grow with the load and a lone write
// waits for nobody.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
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
  bool in_work() const { return working_ && std::this_thread::get_id() == thread_.get_id(); }
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
  // Runs jobs within the open transaction, then those that joined. An error: the transaction is lost.
  std::optional<Error> run_jobs(std::span<Job> jobs, std::size_t& taken);
  // False: the whole transaction is lost, since SQLite has rolled it back or the error is fatal.
  bool run_job(Job& job);
  void fail_group(std::span<Job> jobs, const Error& error);
  template <class Function>
  void for_each_of_group(std::span<Job> jobs, Function function) {
    for (Job& job : jobs) function(job);
    for (Job& job : joined_) function(job);
  }
  void roll_back();
  // Writes a row when the disk was full, so that health recovers without anyone's write.
  void probe();
  void checkpoint_if_due();
  void checkpoint();

  std::unique_ptr<SqliteConnection> connection_;
  const std::size_t queue_max_;
  ReaderPool& readers_;
  Condition& condition_;

  std::deque<Job> joined_;  // asked for by works of the group that runs; the writer thread's
  std::atomic<bool> working_ = false;

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
