#include "store/receipt_verdict.h"

namespace vestnik::store {

PartStatus part_status(const Receipt& receipt) {
  switch (receipt.status) {
    case Receipt::Status::delivered: return PartStatus::delivered;
    case Receipt::Status::failed: return PartStatus::failed;
  }
  return PartStatus::waiting;
}

std::optional<Verdict> verdict_of(std::span<const Part> parts) {
  bool waiting = parts.empty();
  for (const Part& part : parts) {
    if (part.status == PartStatus::failed) return Verdict{DeliveryState::bounced, part.answer, part.at};
    waiting = waiting || part.status == PartStatus::waiting;
  }
  if (waiting) return std::nullopt;
  return Verdict{DeliveryState::delivered, parts.back().answer, parts.back().at};
}

Step verdict_step(const Notification& n, int attempt, std::string_view provider, const Verdict& verdict) {
  return Step{.notification_id = n.id,
              .user_id = n.user_id,
              .event_id = n.event_id,
              .channel = n.channel,
              .kind = verdict.state == DeliveryState::delivered ? StepKind::delivered : StepKind::bounced,
              .attempt = attempt,
              .provider = std::string(provider),
              .answer = verdict.answer,
              .at = verdict.at,
              .traceparent = n.traceparent};
}

}  // namespace vestnik::store
