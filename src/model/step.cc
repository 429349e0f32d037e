#include "model/step.h"

#include "base/json.h"
#include "base/json_writer.h"

namespace vestnik {
namespace {

class StepMembers final : public JsonMembers {
 public:
  explicit StepMembers(Step& step) : step_(step) {}

  std::optional<Channel> channel;
  std::optional<StepKind> kind;
  std::optional<Timestamp> at;

  void on_text(std::string_view name, std::string_view value) override {
    if (name == "notification_id") step_.notification_id.value = value;
    if (name == "user_id") step_.user_id.value = value;
    if (name == "event_id") step_.event_id.value = value;
    if (name == "channel") channel = parse_channel(value);
    if (name == "kind") kind = parse_step_kind(value);
    if (name == "timestamp") at = parse_rfc3339(value);
    if (name == "provider") step_.provider = value;
    if (name == "answer") step_.answer = value;
    if (name == "due_at") step_.due_at = parse_rfc3339(value);
  }
  void on_integer(std::string_view name, std::int64_t value) override {
    if (name == "attempt") step_.attempt = static_cast<int>(value);
  }
  void on_boolean(std::string_view name, bool value) override {
    if (name == "sandbox") step_.sandbox = value;
  }
  void on_object(std::string_view) override {}

 private:
  Step& step_;
};

}  // namespace

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
  Step step;
  StepMembers members(step);
  if (const auto read = read_json_object(record.value, members); !read)
    return std::unexpected(DecodeError{read.error().message});
  if (step.notification_id.empty()) return std::unexpected(DecodeError{"notification_id is missing"});
  if (!members.channel) return std::unexpected(DecodeError{"channel is neither email nor sms"});
  if (!members.kind) return std::unexpected(DecodeError{"kind is not a known step"});
  if (!members.at) return std::unexpected(DecodeError{"timestamp is not an RFC 3339 date-time"});
  step.channel = *members.channel;
  step.kind = *members.kind;
  step.at = *members.at;
  step.traceparent = record.header("traceparent").value_or("");
  return step;
}

}  // namespace vestnik
