#include "sqlite/condition.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/logging.h"
#include "sqlite/connection.h"

namespace vestnik::sqlite {

Error Condition::met(const std::exception& error) {
  const auto* from_sqlite = dynamic_cast<const SqliteError*>(&error);
  if (!from_sqlite) {
    logging::error("sqlite", "a write or read failed outside SQLite", {{"error", error.what()}});
    return {ErrorKind::unavailable, error.what()};
  }
  const int code = from_sqlite->code();
  const ErrorKind kind = kind_of(code);
  const std::lock_guard lock(mutex_);
  if (kind == ErrorKind::fatal) {
    if (state_ != State::fatal) {
      detail_ =
          fmt::format("{}: {} (SQLite error {}); nothing is written any more: check the disk, then restart",
                      file_, error.what(), code);
      logging::error("sqlite", "fatal error, writing stops", {{"detail", detail_}});
    }
    state_ = State::fatal;
    return {kind, detail_};
  }
  if ((code & 0xff) == SQLITE_FULL) {
    if (state_ == State::well) {
      detail_ = fmt::format("the disk of {} is full: make room, writing goes on by itself", file_);
      logging::error("sqlite", "disk full, writes are refused until there is room", {{"file", file_}});
      state_ = State::unavailable;
    }
  } else {
    logging::error("sqlite", "a write or read failed", {{"error", error.what()}, {"code", code}});
  }
  return {kind, error.what()};
}

void Condition::well() {
  if (state_.load(std::memory_order_acquire) != State::unavailable) return;
  const std::lock_guard lock(mutex_);
  if (state_ != State::unavailable) return;
  detail_.clear();
  state_ = State::well;
  logging::info("sqlite", "writing goes on", {{"file", file_}});
}

std::optional<Error> Condition::fatal() const {
  if (state_.load(std::memory_order_acquire) != State::fatal) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return Error{ErrorKind::fatal, detail_};
}

Health Condition::health() const {
  const std::lock_guard lock(mutex_);
  return {"database", state_ == State::well, detail_};
}

}  // namespace vestnik::sqlite
