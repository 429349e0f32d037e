#include "model/notification.h"

#include "base/json.h"
#include "base/json_writer.h"

namespace vestnik {
namespace {

class NotificationMembers final : public JsonMembers {
 public:
  NotificationMembers(Notification& n, Content content) : n_(n), content_(content) {}

  std::optional<Channel> channel;
  std::optional<Timestamp> accepted_at, planned_at;
  bool has_limit = false;
  std::int64_t limit_max = 0;
  std::chrono::milliseconds limit_window{0};

  void on_text(std::string_view name, std::string_view value) override {
    if (name == "notification_id") n_.id.value = value;
    if (name == "event_id") n_.event_id.value = value;
    if (name == "event_type") n_.event_type = value;
    if (name == "user_id") n_.user_id.value = value;
    if (name == "channel") channel = parse_channel(value);
    if (name == "workflow") n_.workflow = value;
    if (name == "step") n_.step = value;
    if (name == "template") n_.template_version = value;
    if (name == "category") n_.category = value;
    if (name == "to") n_.to = value;
    if (name == "accepted_at") accepted_at = parse_rfc3339(value);
    if (name == "planned_at") planned_at = parse_rfc3339(value);
    if (name == "send_at") n_.send_at = parse_rfc3339(value);
    if (name == "expires_at") n_.expires_at = parse_rfc3339(value);
    if (name == "in_doubt") n_.hold_in_doubt = value == "hold";
    if (content_ == Content::left_out) return;
    if (name == "subject") n_.subject = value;
    if (name == "text") n_.text = value;
    if (name == "html") n_.html = value;
  }
  void on_integer(std::string_view name, std::int64_t value) override {
    if (name == "attempts_max") n_.attempts_max = static_cast<int>(value);
    if (name == "recipient_limit.max") limit_max = value;
    if (name == "recipient_limit.window_ms") limit_window = std::chrono::milliseconds(value);
  }
  void on_boolean(std::string_view, bool) override {}
  void on_object(std::string_view name) override { has_limit = has_limit || name == "recipient_limit"; }

 private:
  Notification& n_;
  const Content content_;
};

}  // namespace

std::string_view to_string(Channel channel) {
  switch (channel) {
    case Channel::email: return "email";
    case Channel::sms: return "sms";
  }
  return "";
}

std::optional<Channel> parse_channel(std::string_view text) {
  for (Channel channel : all_channels)
    if (to_string(channel) == text) return channel;
  return std::nullopt;
}

NotificationId notification_id(const EventId& event, const UserId& user, Channel channel,
                               std::string_view step) {
  auto timed = uuid_v7_in(event.value);
  if (!timed) timed = uuid_v7_in(user.value);
  const auto parts = {std::string_view(event.value), std::string_view(user.value), to_string(channel), step};
  return {(timed ? uuid_v8(*timed, parts) : uuid_v8(parts)).text()};
}

Record encode(const Notification& n) {
  const std::string planned_at = format_rfc3339(n.planned_at);
  JsonWriter value(640 + n.subject.size() + n.text.size() + n.html.size());
  value.text("notification_id", n.id.value)
      .text("event_id", n.event_id.value)
      .text("event_type", n.event_type)
      .text("user_id", n.user_id.value)
      .text("channel", to_string(n.channel))
      .text("workflow", n.workflow)
      .text("step", n.step)
      .text("template", n.template_version)
      .text("category", n.category)
      .text("to", n.to)
      .text("text", n.text)
      .text("accepted_at", format_rfc3339(n.accepted_at))
      .text("planned_at", planned_at)
      .text_unless_empty("subject", n.subject)
      .text_unless_empty("html", n.html);
  if (n.send_at) value.text("send_at", format_rfc3339(*n.send_at));
  if (n.expires_at) value.text("expires_at", format_rfc3339(*n.expires_at));
  if (n.attempts_max > 0) value.integer("attempts_max", n.attempts_max);
  if (n.hold_in_doubt) value.text("in_doubt", "hold");
  if (n.recipient_limit)
    value.json("recipient_limit", JsonWriter(48)
                                      .integer("max", n.recipient_limit->max)
                                      .integer("window_ms", n.recipient_limit->window.count())
                                      .finish());
  return Record{n.user_id.value, value.finish(),
                cloud_event_headers(n.id.value, "notification_planned", "/notification-service", planned_at,
                                    n.traceparent)};
}

Result<Notification, DecodeError> decode_notification(const Record& record, Content content) {
  Notification n;
  NotificationMembers members(n, content);
  if (const auto read = read_json_object(record.value, members); !read)
    return std::unexpected(DecodeError{read.error().message});
  if (members.has_limit) {
    n.recipient_limit = Limit{members.limit_max, members.limit_window};
    if (!is_valid(*n.recipient_limit)) return std::unexpected(DecodeError{"recipient_limit is out of range"});
  }
  if (n.id.empty()) return std::unexpected(DecodeError{"notification_id is missing"});
  if (n.user_id.empty()) return std::unexpected(DecodeError{"user_id is missing"});
  if (!members.channel) return std::unexpected(DecodeError{"channel is neither email nor sms"});
  if (n.to.empty()) return std::unexpected(DecodeError{"to is missing"});
  if (!members.accepted_at || !members.planned_at)
    return std::unexpected(DecodeError{"accepted_at or planned_at is missing"});
  n.channel = *members.channel;
  n.accepted_at = *members.accepted_at;
  n.planned_at = *members.planned_at;
  n.traceparent = record.header("traceparent").value_or("");
  return n;
}

}  // namespace vestnik
