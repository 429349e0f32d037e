#include "users/intake_gate.h"

#include <utility>

namespace vestnik::users {

void IntakeGate::close(IntakeStop stop, std::string detail) {
  const std::lock_guard lock(mutex_);
  std::optional<std::string>& kept = details_[static_cast<std::size_t>(stop)];
  if (!kept) ++stops_;
  kept = std::move(detail);
}

void IntakeGate::open(IntakeStop stop) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(details_[static_cast<std::size_t>(stop)], std::nullopt)) --stops_;
}

std::optional<IntakeGate::Closed> IntakeGate::closed() const {
  if (stops_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  for (const IntakeStop stop : {IntakeStop::disk, IntakeStop::lag})
    if (const auto& detail = details_[static_cast<std::size_t>(stop)]) return Closed{stop, *detail};
  return std::nullopt;
}

}  // namespace vestnik::users
