// The log of notifications as far as it stands in the store's file: a row needs no copy of what is there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "model/record.h"
#include "sqlite/database.h"

namespace vestnik::store::sqlite {

struct LogInFile {
  // The place in the file of a record of `notification-events`: it stays there as long as the file. Any
  // thread. Empty: the log in use is another, and only what was left here by the one before is read.
  std::function<std::int64_t(std::int32_t partition, std::int64_t offset)> place_of;
  // The record at a place, as `connection` sees it. Throws std::runtime_error where there is none.
  std::function<Record(vestnik::sqlite::Connection& connection, std::int64_t place)> record_at;

  // An append from inside a work joins its transaction.
  bool joins() const { return static_cast<bool>(place_of); }
};
// Shared with the works that are queued. Null: there was never a log in the file.
using LogInFilePtr = std::shared_ptr<const LogInFile>;

}  // namespace vestnik::store::sqlite
