#include "sqlite/connection.h"

#include <cerrno>
#include <fmt/format.h>
#include <sqlite3.h>

namespace vestnik::sqlite {
namespace {

int primary(int code) { return code & 0xff; }

bool no_room(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

// SQLite counts every allocation under one lock for statistics that nobody reads here. To be said before its
// first use; once it is in use it refuses, which costs speed only.
void leave_out_memory_statistics() {
  static const int code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(code);
}

bool failed_sync(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }

}  // namespace

SqliteError error_of(sqlite3* database, int code) {
  const int extended = database ? sqlite3_extended_errcode(database) : code;
  if (primary(extended) == primary(code)) code = extended;
  if (database && primary(code) == SQLITE_IOERR && !failed_sync(code) &&
      no_room(sqlite3_system_errno(database)))
    return {SQLITE_FULL, "no room: quota or file size limit reached"};
  return {code, database ? sqlite3_errmsg(database) : sqlite3_errstr(code)};
}

void raise(sqlite3* database, int code) { throw error_of(database, code); }

ErrorKind kind_of(int code) {
  switch (primary(code)) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::fatal;
    case SQLITE_IOERR:
      // After a failed fsync the kernel may have dropped the pages and call the next fsync a success. Other
      // I/O errors tell of a device that can't be trusted either; those listed are about memory and locks.
      switch (code) {
        case SQLITE_IOERR_NOMEM:
        case SQLITE_IOERR_BLOCKED:
        case SQLITE_IOERR_LOCK:
        case SQLITE_IOERR_SHMLOCK:
        case SQLITE_IOERR_SHMOPEN:
        case SQLITE_IOERR_SHMSIZE: return ErrorKind::unavailable;
        default: return ErrorKind::fatal;
      }
    default: return ErrorKind::unavailable;
  }
}

std::runtime_error damaged_error(const std::filesystem::path& file, const SqliteError& error) {
  return std::runtime_error(
      fmt::format("{} is damaged ({}): restore it from a backup, or rescue what is left with "
                  "`sqlite3 vestnik.db .recover`",
                  file.string(), error.what()));
}

std::int64_t version_of(Connection& connection, std::string_view component, std::size_t newest) {
  Statement known = connection.prepare("SELECT version FROM vestnik_schema WHERE component = ?");
  const std::int64_t version = known.bind(1, component).step() ? known.integer(0) : 0;
  if (version > static_cast<std::int64_t>(newest))
    throw std::runtime_error(
        fmt::format("the data was written by a newer version of Vestnik ({} schema {}, this binary "
                    "knows {}): run that version or a newer one",
                    component, version, newest));
  return version;
}

void SqliteConnection::Close::operator()(sqlite3* handle) const { sqlite3_close(handle); }
void SqliteConnection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

SqliteConnection::SqliteConnection(const std::filesystem::path& file, Access access) {
  // NOMUTEX: one thread at a time uses a connection. Memory mapping stays off: an I/O error on a mapped page
  // is SIGBUS.
  leave_out_memory_statistics();
  const int mode =
      access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) raise(handle, code);
  // Only a process outside the lock file's agreement (a person with the sqlite3 shell) can make us wait.
  sqlite3_busy_timeout(handle, 1000);
  execute(access == Access::read_only
              ? "PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0"
              : "PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0");
  if (access == Access::read_only) keep_wal_on_close();
}

void SqliteConnection::keep_wal_on_close() {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

sqlite3_stmt* SqliteConnection::compile(std::string_view sql, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), flags, &statement, nullptr);
  if (code != SQLITE_OK) raise(handle_.get(), code);
  return statement;
}

Statement SqliteConnection::prepare(std::string_view sql) {
  auto entry = cache_.find(sql);
  if (entry == cache_.end()) {
    sqlite3_stmt* statement = compile(sql, SQLITE_PREPARE_PERSISTENT);
    entry = cache_.try_emplace(std::string(sql)).first;
    entry->second.statement.reset(statement);
  }
  Cached& cached = entry->second;
  if (cached.in_use) return lend(compile(sql, 0), nullptr);
  cached.in_use = true;
  return lend(cached.statement.get(), &cached.in_use);
}

void SqliteConnection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(handle_.get(), code);
}

std::int64_t SqliteConnection::changes() const { return sqlite3_changes64(handle_.get()); }
std::int64_t SqliteConnection::last_rowid() const { return sqlite3_last_insert_rowid(handle_.get()); }

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

std::string SqliteConnection::value_of(std::string_view sql) {
  Statement statement = lend(compile(sql, 0), nullptr);
  return statement.step() ? std::string(statement.text(0)) : std::string();
}

}  // namespace vestnik::sqlite
