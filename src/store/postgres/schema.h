#pragma once

#include <cstdint>

#include "base/clock.h"
#include "store/postgres/options.h"

namespace vestnik::store::postgres {

// Connects (waiting for the server up to options.start_timeout) and brings the schema to this binary's
// version, under an advisory lock, so that several processes may start at once. Throws std::runtime_error
// with what to do: no server, not allowed, a schema newer than this binary.
void migrate(const Options& options);

// The schema's version that migrate() leads to.
std::int64_t newest_version();

}  // namespace vestnik::store::postgres
