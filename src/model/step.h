// `analytics-events`: what happened to a notification after it was planned. Accepted and planned are not
// here: the records of the other two topics are those facts.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "model/notification.h"
#include "model/record.h"

namespace vestnik {

enum class StepKind {
  skipped,     // the plan left the channel out (`answer` says why)
  sending,     // an attempt begins
  deferred,    // a transient answer; `due_at` says when the next attempt is
  sent,        // the provider took it
  delivered,   // the provider says it reached the recipient
  bounced,     // the provider took it and later says it can't be delivered
  in_doubt,    // the provider may have taken it, no answer was seen
  dead,        // given up: permanent answer, attempts used up, poison
  expired,     // its time passed before it could be sent
  suppressed,  // the recipient is on the suppression list
  retried,     // a person has it tried again: what came before counts no more
  discarded,   // a person has it given up for good
};
inline constexpr std::array all_step_kinds{StepKind::skipped,    StepKind::sending,   StepKind::deferred,
                                           StepKind::sent,       StepKind::delivered, StepKind::bounced,
                                           StepKind::in_doubt,   StepKind::dead,      StepKind::expired,
                                           StepKind::suppressed, StepKind::retried,   StepKind::discarded};

std::string_view to_string(StepKind kind);
std::optional<StepKind> parse_step_kind(std::string_view text);

struct Step {
  NotificationId notification_id;
  UserId user_id;
  EventId event_id;
  Channel channel = Channel::email;
  StepKind kind = StepKind::sending;
  int attempt = 0;       // 1 = the first; 0 where no attempt is meant (skipped)
  std::string provider;  // "smtp", "smpp", "sandbox"
  bool sandbox = false;  // kept, not sent: never a real delivery
  std::string answer;    // the peer's own words, or the reason
  Timestamp at{};
  std::optional<Timestamp> due_at;
  std::string traceparent;

  // Follows from notification, attempt and kind: the same step told twice is one step.
  std::string id() const;

  friend bool operator==(const Step&, const Step&) = default;
};

Record encode(const Step& step);
Result<Step, DecodeError> decode_step(const Record& record);

}  // namespace vestnik
