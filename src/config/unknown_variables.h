// Environment variables that look like ours and aren't: a mistyped name must not pass for a default.
#pragma once

#include <map>
#include <string>

#include "config/problem.h"

namespace vestnik::config {

// VESTNIK_… is ours: anything unknown there is an error. With the other prefixes, which other programs use
// too, only a name within two edits of one of ours is. What Kubernetes sets for a service named vestnik is
// left alone.
Problems unknown_variables(const std::map<std::string, std::string>& environment);

}  // namespace vestnik::config
