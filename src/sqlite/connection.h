// One SQLite connection, used by one thread at a time. Internal to this module.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sqlite/database.h"

namespace vestnik::sqlite {

// "Vstn", kept in the file's header (PRAGMA application_id) so that another program's file is not taken for
// ours.
inline constexpr int application_id = 0x5673746e;

// The connection's last error. I/O errors that only mean "no room" (quota, file size limit) become
// SQLITE_FULL.
SqliteError error_of(sqlite3* database, int code);
[[noreturn]] void raise(sqlite3* database, int code);

// What an error means for the caller of write() or read(); `code` is SQLite's extended result code.
ErrorKind kind_of(int code);

std::runtime_error damaged_error(const std::filesystem::path& file, const SqliteError& error);

// The version that `component`'s tables are of, 0: it has none. Throws std::runtime_error when that is newer
// than the `newest` that this binary knows.
std::int64_t version_of(Connection& connection, std::string_view component, std::size_t newest);

enum class Access { read_write, read_only };

class SqliteConnection final : public Connection {
 public:
  // Throws SqliteError.
  SqliteConnection(const std::filesystem::path& file, Access access);

  Statement prepare(std::string_view sql) override;
  void execute(const char* sql) override;
  std::int64_t changes() const override;
  std::int64_t last_rowid() const override;

  // False once SQLite has rolled a transaction back by itself (disk full, I/O error).
  bool in_transaction() const;
  // The answer of a pragma or query with one row and one column; empty: no row.
  std::string value_of(std::string_view sql);
  sqlite3* handle() { return handle_.get(); }
  // Leave the WAL as it is when this connection closes last: the next open reads it again.
  void keep_wal_on_close();

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Cached {
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
    bool in_use = false;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  sqlite3_stmt* compile(std::string_view sql, unsigned flags);

  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string, Cached, TextHash, std::equal_to<>> cache_;
};

}  // namespace vestnik::sqlite
