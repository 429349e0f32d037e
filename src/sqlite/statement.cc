#include <sqlite3.h>
#include <utility>

#include "sqlite/connection.h"
#include "sqlite/database.h"

namespace vestnik::sqlite {

Statement::Statement(sqlite3_stmt* statement, bool* in_use) : statement_(statement), in_use_(in_use) {}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), in_use_(std::exchange(other.in_use_, nullptr)) {}

Statement::~Statement() {
  if (!statement_) return;
  if (!in_use_) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  *in_use_ = false;
}

namespace {

void check_bound(sqlite3_stmt* statement, int code) {
  if (code != SQLITE_OK) raise(sqlite3_db_handle(statement), code);
}

// SQLite takes a null pointer for NULL, even with length 0.
const char* non_null(std::string_view bytes) { return bytes.data() ? bytes.data() : ""; }

}  // namespace

Statement& Statement::bind(int index, std::int64_t value) {
  check_bound(statement_, sqlite3_bind_int64(statement_, index, value));
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  check_bound(statement_, sqlite3_bind_text64(statement_, index, non_null(text), text.size(), SQLITE_STATIC,
                                              SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  check_bound(statement_,
              sqlite3_bind_blob64(statement_, index, non_null(bytes), bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_null(int index) {
  check_bound(statement_, sqlite3_bind_null(statement_, index));
  return *this;
}

bool Statement::step() {
  switch (const int code = sqlite3_step(statement_)) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: {
      const SqliteError error = error_of(sqlite3_db_handle(statement_), code);
      sqlite3_reset(statement_);
      throw error;
    }
  }
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() { sqlite3_reset(statement_); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
              : std::string_view();
}

std::string_view Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
              : std::string_view();
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

}  // namespace vestnik::sqlite
