// Looks until it is sure: a difference counts only if a second look finds it again.
#pragma once

#include <chrono>
#include <functional>

#include "audit/check.h"
#include "audit/collect.h"
#include "base/clock.h"

namespace vestnik::audit {

struct Patience {
  // How long it looks again while something is on its way (Findings::quiet) or different.
  std::chrono::milliseconds wait{0};
  const Clock& clock;
  std::function<void(std::chrono::milliseconds)> pause;  // sleeps
};

// The last look's findings; of its differences those that the look before had too. Throws as collect() does.
Findings examine(const Sources& sources, const StepsOf& steps_of, Ids& ids, const Patience& patience,
                 const Progress& progress);

}  // namespace vestnik::audit
