// A step as a line of text. Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace vestnik::cli {

// "14:17:06.012  sent       email  0d8f7a52-…  welcome@5ed9bbe0  smtp: 250 2.0.0 accepted"; the time is UTC.
std::string tail_line(const json::object& step, bool coloured);

}  // namespace vestnik::cli
