// What keeps the log from being well, one line per part that says so. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/health.h"

namespace vestnik::log::kafka {

class HealthBoard {
 public:
  // Unwell until it is heard from; no news for the log.
  void starting(const std::string& part, const std::string& reason);
  // Logs the change, not the repetition.
  void unwell(const std::string& part, const std::string& reason);
  void well(const std::string& part);
  Health health() const;

 private:
  struct Problem {
    std::string reason;
    Timestamp since;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Problem> problems_;  // guarded by mutex_
};

}  // namespace vestnik::log::kafka
