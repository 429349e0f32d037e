#include "model/step.h"

#include "base/json.h"
#include "base/json_writer.h"

namespace vestnik {

std::string_view to_string(StepKind kind) {
  switch (kind) {
    case StepKind::skipped: return "skipped";
    case StepKind::sending: return "sending";
    case StepKind::deferred: return "deferred";
    case StepKind::sent: return "sent";
    case StepKind::delivered: return "delivered";
    case StepKind::bounced: return "bounced";
    case StepKind::in_doubt: return "in_doubt";
    case StepKind::dead: return "dead";
    case StepKind::expired: return "expired";
    case StepKind::suppressed: return "suppressed";
    case StepKind::retried: return "retried";
    case StepKind::discarded: return "discarded";
  }
  return "";
}

std::optional<StepKind> parse_step_kind(std::string_view text) {
  for (StepKind kind : all_step_kinds)
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

std::string Step::id() const {
  std::string id;
  id.reserve(notification_id.value.size() + 16);
  id.append(notification_id.value).append("/").append(std::to_string(attempt)).append("/");
  return id.append(to_string(kind));
}

Record encode(const Step& step) {
  const std::string time = format_rfc3339(step.at);
  const std::string kind(to_string(step.kind)), channel(to_string(step.channel));
  JsonWriter value(400 + step.answer.size());
  value.text("notification_id", step.notification_id.value)
      .text("user_id", step.user_id.value)
      .text("event_id", step.event_id.value)
      .text("channel", channel)
      .text("kind", kind)
      .integer("attempt", step.attempt)
      .text("timestamp", time)
      .text_unless_empty("provider", step.provider);
  if (step.sandbox) value.json("sandbox", "true");
  value.text_unless_empty("answer", step.answer);
  if (step.due_at) value.text("due_at", format_rfc3339(*step.due_at));
  return Record{step.user_id.value, value.finish(),
                cloud_event_headers(step.id(), "notification_" + kind, "/" + channel + "-service", time,
                                    step.traceparent)};
}

Result<Step, DecodeError> decode_step(const Record& record) {
  const auto value = parse_json_object(record.value);
  if (!value) return std::unexpected(DecodeError{value.error().message});
  const auto text = [&](std::string_view name) {
    return std::string(string_member(*value, name).value_or(""));
  };
  Step step;
  step.notification_id.value = text("notification_id");
  step.user_id.value = text("user_id");
  step.event_id.value = text("event_id");
  const auto channel = parse_channel(text("channel"));
  const auto kind = parse_step_kind(text("kind"));
  const auto at = parse_rfc3339(text("timestamp"));
  if (step.notification_id.empty()) return std::unexpected(DecodeError{"notification_id is missing"});
  if (!channel) return std::unexpected(DecodeError{"channel is neither email nor sms"});
  if (!kind) return std::unexpected(DecodeError{"kind is not a known step"});
  if (!at) return std::unexpected(DecodeError{"timestamp is not an RFC 3339 date-time"});
  step.channel = *channel;
  step.kind = *kind;
  step.at = *at;
  step.attempt = static_cast<int>(integer_member(*value, "attempt").value_or(0));
  step.provider = text("provider");
  const json::value* sandbox = value->if_contains("sandbox");
  step.sandbox = sandbox && sandbox->is_bool() && sandbox->get_bool();
  step.answer = text("answer");
  if (const auto due = string_member(*value, "due_at")) step.due_at = parse_rfc3339(*due);
  step.traceparent = record.header("traceparent").value_or("");
  return step;
}

}  // namespace vestnik
