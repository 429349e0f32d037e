// Which part of Vestnik a process is.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace vestnik::config {

enum class Role { all, user_service, notification_service, email_service, sms_service, analytics_service };
inline constexpr std::array all_roles{Role::all,           Role::user_service, Role::notification_service,
                                      Role::email_service, Role::sms_service,  Role::analytics_service};

// "all", "user-service", …: as `vestnik serve` takes it.
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

}  // namespace vestnik::config
