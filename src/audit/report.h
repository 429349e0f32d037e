// The findings for people and for programs.
#pragma once

#include <cstddef>
#include <string>

#include "audit/check.h"

namespace vestnik::audit {

// A table, then the verdict in words; of each kind of difference at most `ids_max` ids.
std::string as_text(const Findings& findings, const Ids& ids, std::size_t ids_max);
// One line of JSON with the same.
std::string as_json(const Findings& findings, const Ids& ids, std::size_t ids_max);

}  // namespace vestnik::audit
