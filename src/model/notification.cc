#include "model/notification.h"

#include "base/json.h"
#include "base/json_writer.h"

namespace vestnik {

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

Result<Notification, DecodeError> decode_notification(const Record& record) {
  const auto value = parse_json_object(record.value);
  if (!value) return std::unexpected(DecodeError{value.error().message});
  const auto text = [&](std::string_view name) {
    return std::string(string_member(*value, name).value_or(""));
  };
  const auto time = [&](std::string_view name) -> std::optional<Timestamp> {
    const auto member = string_member(*value, name);
    return member ? parse_rfc3339(*member) : std::nullopt;
  };

  Notification n;
  n.id.value = text("notification_id");
  n.event_id.value = text("event_id");
  n.event_type = text("event_type");
  n.user_id.value = text("user_id");
  n.workflow = text("workflow");
  n.step = text("step");
  n.template_version = text("template");
  n.category = text("category");
  n.to = text("to");
  n.subject = text("subject");
  n.text = text("text");
  n.html = text("html");
  n.send_at = time("send_at");
  n.expires_at = time("expires_at");
  n.traceparent = record.header("traceparent").value_or("");
  n.attempts_max = static_cast<int>(integer_member(*value, "attempts_max").value_or(0));
  n.hold_in_doubt = text("in_doubt") == "hold";
  if (const json::value* limit = value->if_contains("recipient_limit"); limit && limit->is_object()) {
    const json::object& members = limit->get_object();
    n.recipient_limit = Limit{integer_member(members, "max").value_or(0),
                              std::chrono::milliseconds(integer_member(members, "window_ms").value_or(0))};
    if (!is_valid(*n.recipient_limit)) return std::unexpected(DecodeError{"recipient_limit is out of range"});
  }
  const auto channel = parse_channel(text("channel"));
  const auto accepted_at = time("accepted_at");
  const auto planned_at = time("planned_at");
  if (n.id.empty()) return std::unexpected(DecodeError{"notification_id is missing"});
  if (n.user_id.empty()) return std::unexpected(DecodeError{"user_id is missing"});
  if (!channel) return std::unexpected(DecodeError{"channel is neither email nor sms"});
  if (n.to.empty()) return std::unexpected(DecodeError{"to is missing"});
  if (!accepted_at || !planned_at)
    return std::unexpected(DecodeError{"accepted_at or planned_at is missing"});
  n.channel = *channel;
  n.accepted_at = *accepted_at;
  n.planned_at = *planned_at;
  return n;
}

}  // namespace vestnik
