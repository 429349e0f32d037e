// Whether the file can be written: well, unavailable (may pass) or fatal (never again). Internal to this
// module.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/health.h"
#include "sqlite/database.h"

namespace vestnik::sqlite {

class Condition {
 public:
  explicit Condition(std::string file) : file_(std::move(file)) {}

  // Takes note of an error met by the writer or a reader, and returns what to tell the caller.
  Error met(const std::exception& error);
  // A transaction was made durable.
  void well();

  bool is_well() const { return state_.load(std::memory_order_acquire) == State::well; }
  // Set: no write may be tried any more.
  std::optional<Error> fatal() const;
  Health health() const;

 private:
  enum class State { well, unavailable, fatal };

  const std::string file_;
  std::atomic<State> state_ = State::well;
  mutable std::mutex mutex_;
  std::string detail_;
};

}  // namespace vestnik::sqlite
