#include "delivery/api_answers.h"

namespace vestnik::delivery {
namespace {

void put_text(json::object& object, std::string_view name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

void put_time(json::object& object, std::string_view name, const std::optional<Timestamp>& time) {
  if (time) object[name] = format_rfc3339(*time);
}

}  // namespace

json::object to_json(const store::Delivery& delivery) {
  const Notification& notification = delivery.notification;
  json::object object{{"notification_id", notification.id.value},
                      {"user_id", notification.user_id.value},
                      {"event_id", notification.event_id.value},
                      {"event_type", notification.event_type},
                      {"channel", to_string(notification.channel)},
                      {"workflow", notification.workflow},
                      {"step", notification.step},
                      {"template", notification.template_version},
                      {"category", notification.category},
                      {"state", to_string(delivery.state)},
                      {"attempt", delivery.attempt},
                      {"accepted_at", format_rfc3339(notification.accepted_at)},
                      {"updated_at", format_rfc3339(delivery.updated_at)}};
  if (delivery.state == store::DeliveryState::pending) put_time(object, "due_at", delivery.due_at);
  put_time(object, "expires_at", notification.expires_at);
  put_text(object, "provider", delivery.provider);
  put_text(object, "answer", delivery.answer);
  if (delivery.retried_after) object["retried_after"] = *delivery.retried_after;
  return object;
}

json::object to_json_in_full(const store::Delivery& delivery) {
  json::object object = to_json(delivery);
  put_text(object, "to", delivery.notification.to);
  put_text(object, "subject", delivery.notification.subject);
  put_text(object, "text", delivery.notification.text);
  put_text(object, "html", delivery.notification.html);
  return object;
}

}  // namespace vestnik::delivery
