// W3C Trace Context, level 1: the `traceparent` header.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"

namespace vestnik::users {

bool is_traceparent(std::string_view text);

// The client's if it is valid, otherwise the first one of a new, sampled trace.
std::string traceparent_or_new(std::string_view given, Random& random);

}  // namespace vestnik::users
