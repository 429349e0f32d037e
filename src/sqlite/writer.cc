#include "sqlite/writer.h"

#include <chrono>
#include <pthread.h>
#include <sqlite3.h>

#include "base/burst.h"
#include "sqlite/reader_pool.h"

namespace vestnik::sqlite {
namespace {

// A transaction takes no more jobs after either, so that the first one in it doesn't wait long for its
// answer.
constexpr std::size_t group_jobs_max = 1024;
constexpr auto group_time_max = std::chrono::milliseconds(20);

// 4 KiB pages. Every 8 MiB the WAL's content goes into the file, between two groups, without waiting for
// readers; at 64 MiB readers are held back for a moment so that the WAL can start over.
constexpr int checkpoint_pages = 2'000;
constexpr int wal_pages_max = 16'000;
constexpr auto reader_pause_max = std::chrono::milliseconds(200);

constexpr auto probe_interval = std::chrono::seconds(1);
// A burst's queue is not kept for ever.
constexpr std::size_t queue_capacity_kept = 4096;

}  // namespace

Writer::Writer(std::unique_ptr<SqliteConnection> connection, std::size_t queue_max, ReaderPool& readers,
               Condition& condition)
    : connection_(std::move(connection)),
      queue_max_(queue_max),
      readers_(readers),
      condition_(condition),
      checkpoint_at_pages_(checkpoint_pages) {
  sqlite3_wal_hook(
      connection_->handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        auto& writer = *static_cast<Writer*>(self);
        if (pages < writer.wal_pages_)
          writer.checkpoint_at_pages_ = checkpoint_pages;  // the WAL has started over
        writer.wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  thread_ = std::thread(&Writer::run, this);
}

Writer::~Writer() {
  stop();
  if (condition_.fatal()) connection_->keep_wal_on_close();
}

void Writer::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  ready_.notify_one();
}

void Writer::stop() {
  close();
  if (thread_.joinable()) thread_.join();
}

void Writer::submit(Database::Work work, Database::Done done) {
  if (in_work()) {
    joined_.push_back({std::move(work), std::move(done), {}});
    return;
  }
  Error refusal;
  if (auto fatal = condition_.fatal()) {
    refusal = *std::move(fatal);
  } else {
    std::unique_lock lock(mutex_);
    if (closed_) {
      refusal = {ErrorKind::closed, "the database is closed"};
    } else if (queue_.size() >= queue_max_) {
      refusal = {ErrorKind::overloaded, "too many writes are waiting"};
    } else {
      queue_.push_back({std::move(work), std::move(done), {}});
      const bool wake = std::exchange(sleeping_, false);
      lock.unlock();
      if (wake) ready_.notify_one();
      return;
    }
  }
  if (done) done(std::unexpected(std::move(refusal)));
}

Counters Writer::counters() const { return {writes_.load(), commits_.load(), checkpoints_.load()}; }

void Writer::run() {
  pthread_setname_np(pthread_self(), "sqlite-writer");
  std::vector<Job> jobs;
  while (take(jobs)) {
    if (jobs.empty()) probe();
    for (std::span<Job> rest(jobs); !rest.empty();) rest = rest.subspan(commit_group(rest));
    jobs.clear();
    if (jobs.capacity() > queue_capacity_kept) jobs.shrink_to_fit();
    checkpoint_if_due();
  }
}

bool Writer::take(std::vector<Job>& jobs) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] {
    sleeping_ = queue_.empty() && !closed_;
    return !sleeping_;
  };
  if (condition_.is_well() || condition_.fatal()) {
    ready_.wait(lock, ready);
  } else if (!ready_.wait_for(lock, probe_interval, ready)) {
    sleeping_ = false;
    return true;
  }
  jobs.swap(queue_);
  return !jobs.empty();
}

std::size_t Writer::commit_group(std::span<Job> jobs) {
  std::size_t taken = 0;
  if (auto fatal = condition_.fatal()) {
    taken = jobs.size();
    for (Job& job : jobs) job.result = std::unexpected(*fatal);
  } else {
    taken = run_group(jobs);
  }
  const Burst burst;
  for_each_of_group(jobs.first(taken), [](Job& job) {
    if (job.done) job.done(std::move(job.result));
    job = {};  // what the closures hold is let go with the answer, not with the last of the queue
  });
  joined_.clear();
  return taken;
}

std::size_t Writer::run_group(std::span<Job> jobs) {
  std::size_t taken = 1;
  try {
    connection_->prepare("BEGIN IMMEDIATE").run();
    if (const auto lost = run_jobs(jobs, taken)) {
      fail_group(jobs.first(taken), *lost);
      return taken;
    }
    connection_->prepare("COMMIT").run();
    condition_.well();
  } catch (const std::exception& error) {
    fail_group(jobs.first(taken), condition_.met(error));
    return taken;
  }
  std::uint64_t written = 0;
  for_each_of_group(jobs.first(taken), [&](const Job& job) { written += job.result.has_value(); });
  writes_ += written;
  commits_ += 1;
  return taken;
}

std::optional<Error> Writer::run_jobs(std::span<Job> jobs, std::size_t& taken) {
  const auto deadline = std::chrono::steady_clock::now() + group_time_max;
  bool more = true;
  for (taken = 0; more;) {
    Job& job = jobs[taken++];
    if (!run_job(job)) return job.result.error();
    more = taken < jobs.size() && taken < group_jobs_max && std::chrono::steady_clock::now() < deadline;
  }
  for (std::size_t i = 0; i < joined_.size(); ++i)
    if (!run_job(joined_[i])) return joined_[i].result.error();
  return std::nullopt;
}

void Writer::fail_group(std::span<Job> jobs, const Error& error) {
  for_each_of_group(jobs, [&](Job& job) { job.result = std::unexpected(error); });
  roll_back();
}

void Writer::roll_back() {
  if (connection_->in_transaction())
    sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Writer::run_job(Job& job) {
  connection_->prepare("SAVEPOINT job").run();
  try {
    working_ = true;
    job.work(*connection_);
    working_ = false;
  } catch (const std::exception& error) {
    working_ = false;
    job.result = std::unexpected(condition_.met(error));
    // What has joined may hold what this work has asked for: then nothing of the group may stay.
    if (!joined_.empty()) return false;
    if (!connection_->in_transaction() || condition_.fatal()) return false;
    connection_->prepare("ROLLBACK TO job").run();
  }
  connection_->prepare("RELEASE job").run();
  return true;
}

void Writer::probe() {
  try {
    connection_->execute("UPDATE vestnik_probe SET count = count + 1");
    condition_.well();
  } catch (const std::exception& error) {
    condition_.met(error);
  }
}

void Writer::checkpoint_if_due() {
  if (wal_pages_ < checkpoint_at_pages_ || condition_.fatal()) return;
  checkpoint_at_pages_ = wal_pages_ + checkpoint_pages;
  checkpoint();
  if (wal_pages_ < wal_pages_max) return;
  // When no reader is open and all content has moved, the next transaction starts the WAL over. The work was
  // done above with the readers running; what is left is what one of them was still looking at.
  readers_.pause(reader_pause_max);
  checkpoint();
  readers_.resume();
}

void Writer::checkpoint() {
  // PASSIVE never waits for a reader; what could not move is tried again 8 MiB later.
  const int code =
      sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK) {
    ++checkpoints_;
  } else if (code != SQLITE_BUSY && code != SQLITE_LOCKED) {
    condition_.met(error_of(connection_->handle(), code));
  }
}

}  // namespace vestnik::sqlite
