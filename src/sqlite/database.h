// The embedded file (SQLite, WAL, synchronous=FULL): one writer thread with group commit, a few read-only
// connections. log/sqlite and store/sqlite share one Database, so one fsync serves appends, ledger and
// timeline together.
//
// Only one connection ever writes: SQLite 3.7.0–3.51.2 can corrupt a WAL database when two connections write
// or checkpoint at the same moment. A lock file keeps a second process out of the data directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/health.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace vestnik::sqlite {

enum class ErrorKind {
  unavailable,  // disk full or another fault that may pass: nothing of this write was made durable
  overloaded,   // the bounded queue is full; nothing was taken
  fatal,        // fsync failed or the file is damaged: no write will ever succeed again in this process
  closed,       // the database is shutting down
};
using Error = Failure<ErrorKind>;

// Thrown inside a write or read when SQLite reports an error (a violated constraint too: write ON CONFLICT
// where one is expected); Database turns it into an Error for the caller. What makes going on pointless at
// open (not writable, held, damaged) is thrown to main.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }  // extended result code

 private:
  int code_;
};

// A prepared statement of one Connection, from its cache; reset when it goes out of scope.
class Statement {
 public:
  ~Statement();
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) = delete;

  // 1-based parameters. Text and blobs must live until the statement is stepped for the last time. Bound
  // values stay over reset().
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  bool step();  // true: a row is there; false: done
  void run();   // step() to the end, then reset: for statements executed once a row in a loop
  void reset();

  // 0-based columns of the current row; views live until the next step.
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  bool is_null(int column) const;

 private:
  friend class Connection;
  // `in_use` is the cache entry's mark; none: the statement is not cached and ends with this object.
  Statement(sqlite3_stmt* statement, bool* in_use);
  sqlite3_stmt* statement_;
  bool* in_use_;
};

class Connection {
 public:
  virtual ~Connection() = default;
  // One statement. `sql` should be a literal: the cache keeps every text for the life of the connection. The
  // same text may be prepared again while it is in use. Throws SqliteError.
  virtual Statement prepare(std::string_view sql) = 0;
  virtual void execute(const char* sql) = 0;    // several statements without parameters
  virtual std::int64_t changes() const = 0;     // rows changed by the last statement
  virtual std::int64_t last_rowid() const = 0;  // of the row inserted last

 protected:
  static Statement lend(sqlite3_stmt* statement, bool* in_use) { return {statement, in_use}; }
};

struct Options {
  std::filesystem::path directory;        // made if missing
  std::size_t write_queue_max = 100'000;  // jobs waiting; beyond it write() answers `overloaded` at once
  std::size_t read_queue_max = 10'000;    // the same for read()
  std::size_t reader_threads = 2;
};

// What the writer has done since open(), for metrics.
struct Counters {
  std::uint64_t writes = 0;       // jobs whose transaction is durable
  std::uint64_t commits = 0;      // transactions, each with at least one of them
  std::uint64_t checkpoints = 0;  // moves of the WAL's content into the file
};

class Database {
 public:
  using Work = std::move_only_function<void(Connection&)>;
  using Done = std::move_only_function<void(Result<void, Error>)>;

  // Opens <directory>/vestnik.db. Throws std::runtime_error with what to do: not writable, held by another
  // process (names its pid), not a database, damaged.
  static std::unique_ptr<Database> open(const Options& options);
  // Runs what is queued, answers it, then closes the file. Writes and reads asked for meanwhile are `closed`.
  virtual ~Database() = default;

  // Runs `work` on the writer thread inside the group transaction that is open; `done` runs on the writer
  // thread once that transaction is durable, or has failed (then nothing of `work` is there). Work runs in
  // the order of the calls. A work that throws is rolled back alone (savepoint) unless the whole transaction
  // must go. Neither may block; `done` must not throw. A write that isn't taken (queue full, closed, fatal)
  // is answered inside this call. Any thread.
  //
  // A write that a work asks for joins the transaction that is open, after the works that are in it already:
  // both are durable or neither. So from then on any work of the transaction that throws takes all of it
  // along.
  virtual void write(Work work, Done done) = 0;
  // Inside a work, on the writer thread: a write asked for now joins its transaction.
  virtual bool in_work() const = 0;

  // Runs `work` on a reader thread on a read-only snapshot that sees every write whose `done` has run. `done`
  // runs on that thread; a read that isn't taken (queue full, closed) is answered inside this call. Any
  // thread.
  virtual void read(Work work, Done done) = 0;

  // The same for who reads much and has more to do meanwhile (a part of the log): as long as there are two
  // reader threads, one is left to those who wait for a row.
  virtual void read_much(Work work, Done done) = 0;

  // Applies `migrations[i]` for every i at or beyond the version kept for `component`, all in one
  // transaction, and returns when that is durable. Call it before anything else of that component. Throws
  // std::runtime_error when the file is of a newer version than this binary knows, or a migration fails. Not
  // from a `work` or `done`.
  virtual void migrate(std::string_view component, std::span<const char* const> migrations) = 0;

  // Unwell while the disk is full (probed every second until there is room) and for ever after a fatal error.
  virtual Health health() const = 0;
  // The error after which nothing is written any more: the process should end, so that whoever restarts it
  // looks at the disk.
  virtual std::optional<Error> fatal() const = 0;
  virtual Counters counters() const = 0;
};

}  // namespace vestnik::sqlite
