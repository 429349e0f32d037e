// Checks that need more than one option.
#pragma once

#include <functional>
#include <string_view>

#include "config/config.h"
#include "config/problem.h"
#include "config/role.h"

namespace vestnik::config {

// 127.0.0.0/8, ::1 or localhost: nobody else can reach it.
bool is_loopback(std::string_view host);

// `usable(variable)` is false for an option whose own value was refused: checks that need it are left out.
Problems cross_check(const Config& config, Role role, const std::function<bool(std::string_view)>& usable);

}  // namespace vestnik::config
