#pragma once

#include <string_view>

namespace vestnik::app {

extern const std::string_view version_text;  // "0.1.0"

}  // namespace vestnik::app
