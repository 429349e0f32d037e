#include "log/kafka/health_board.h"

#include "base/logging.h"

namespace vestnik::log::kafka {

void HealthBoard::starting(const std::string& part, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  problems_.try_emplace(part, Problem{reason, system_clock().now()});
}

void HealthBoard::unwell(const std::string& part, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    const auto [problem, is_new] = problems_.try_emplace(part, Problem{reason, system_clock().now()});
    if (!is_new && problem->second.reason == reason) return;
    problem->second.reason = reason;
  }
  logging::warning("kafka", "unwell", {{"part", part}, {"reason", reason}});
}

void HealthBoard::well(const std::string& part) {
  {
    const std::lock_guard lock(mutex_);
    if (problems_.erase(part) == 0) return;
  }
  logging::info("kafka", "well", {{"part", part}});
}

Health HealthBoard::health() const {
  const std::lock_guard lock(mutex_);
  Health health{.part = "log", .well = problems_.empty(), .detail = {}};
  for (const auto& [part, problem] : problems_) {
    if (!health.detail.empty()) health.detail += "; ";
    health.detail += part + ": " + problem.reason + " (since " + format_rfc3339(problem.since) + ")";
  }
  return health;
}

}  // namespace vestnik::log::kafka
