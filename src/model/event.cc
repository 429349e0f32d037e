#include "model/event.h"

#include "base/json_writer.h"

namespace vestnik {

EventId registration_id(const UserId& user) {
  const auto timed = uuid_v7_in(user.value);
  const auto parts = {user_registered, std::string_view(user.value)};
  return {(timed ? uuid_v8(*timed, parts) : uuid_v8(parts)).text()};
}

Record encode(const UserEvent& event) {
  const std::string time = format_rfc3339(event.accepted_at);
  JsonWriter value(320);
  value.text("event_type", event.event_type)
      .text("user_id", event.user_id.value)
      .text("email", event.email)
      .text("phone", event.phone)
      .text("timestamp", time);
  if (!event.data.empty()) value.json("data", json::serialize(event.data));
  return Record{
      event.user_id.value, value.finish(),
      cloud_event_headers(event.event_id.value, event.event_type, "/user-service", time, event.traceparent)};
}

Result<UserEvent, DecodeError> decode_user_event(const Record& record) {
  const auto value = parse_json_object(record.value);
  if (!value) return std::unexpected(DecodeError{value.error().message});
  const auto id = record.header("ce_id");
  const auto type = string_member(*value, "event_type");
  const auto user = string_member(*value, "user_id");
  const auto timestamp = string_member(*value, "timestamp");
  if (!id || id->empty()) return std::unexpected(DecodeError{"header ce_id is missing"});
  if (!type || type->empty()) return std::unexpected(DecodeError{"event_type is missing"});
  if (!user || user->empty()) return std::unexpected(DecodeError{"user_id is missing"});
  const auto accepted_at = timestamp ? parse_rfc3339(*timestamp) : std::nullopt;
  if (!accepted_at) return std::unexpected(DecodeError{"timestamp is not an RFC 3339 date-time"});

  UserEvent event;
  event.event_id.value = *id;
  event.event_type = *type;
  event.user_id.value = *user;
  event.email = string_member(*value, "email").value_or("");
  event.phone = string_member(*value, "phone").value_or("");
  event.accepted_at = *accepted_at;
  if (const json::value* data = value->if_contains("data"); data && data->is_object())
    event.data = data->get_object();
  event.traceparent = record.header("traceparent").value_or("");
  return event;
}

}  // namespace vestnik
