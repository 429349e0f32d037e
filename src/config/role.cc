#include "config/role.h"

namespace vestnik::config {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::all: return "all";
    case Role::user_service: return "user-service";
    case Role::notification_service: return "notification-service";
    case Role::email_service: return "email-service";
    case Role::sms_service: return "sms-service";
    case Role::analytics_service: return "analytics-service";
  }
  return "";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : all_roles)
    if (to_string(role) == text) return role;
  return std::nullopt;
}

}  // namespace vestnik::config
