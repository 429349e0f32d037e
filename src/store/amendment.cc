#include "store/amendment.h"

namespace vestnik::store {
namespace {

StepKind kind_of(Decision decision) {
  switch (decision) {
    case Decision::retry: return StepKind::retried;
    case Decision::mark_sent: return StepKind::sent;
    case Decision::discard: return StepKind::discarded;
  }
  return StepKind::discarded;
}

}  // namespace

std::optional<DeliveryState> decided_state(DeliveryState from, Decision decision) {
  const bool in_doubt = from == DeliveryState::in_doubt;
  const bool undone = in_doubt || from == DeliveryState::dead;
  switch (decision) {
    case Decision::retry: return undone ? std::optional(DeliveryState::pending) : std::nullopt;
    case Decision::mark_sent: return in_doubt ? std::optional(DeliveryState::sent) : std::nullopt;
    case Decision::discard: return undone ? std::optional(DeliveryState::discarded) : std::nullopt;
  }
  return std::nullopt;
}

Step decided_step(const Notification& n, int attempt, std::string_view provider, const Amendment& amendment) {
  return Step{.notification_id = n.id,
              .user_id = n.user_id,
              .event_id = n.event_id,
              .channel = n.channel,
              .kind = kind_of(amendment.decision),
              .attempt = attempt,
              .provider = std::string(provider),
              .answer = amendment.reason,
              .at = amendment.at,
              .traceparent = n.traceparent};
}

}  // namespace vestnik::store
