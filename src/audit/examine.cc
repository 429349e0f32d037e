#include "audit/examine.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace vestnik::audit {
namespace {

constexpr std::chrono::milliseconds between_looks{1000};
// A system that loses more all the time gives new differences with every look.
constexpr int looks_max = 5;

}  // namespace

Findings examine(const Sources& sources, const StepsOf& steps_of, Ids& ids, const Patience& patience,
                 const Progress& progress) {
  const SteadyTime until = patience.clock.steady_now() + patience.wait;
  std::optional<std::vector<Difference>> before;
  for (int look = 1;; ++look) {
    Findings findings = check(collect(sources, steps_of, ids, progress));
    std::vector<Difference> now = findings.differences;
    if (before) findings.differences = lasting(*before, now);
    const bool sure =
        now.empty() || (before && (findings.differences.size() == now.size() || look >= looks_max));
    const bool wait = (!now.empty() || !findings.quiet()) && patience.clock.steady_now() < until;
    if (sure && !wait) return findings;
    before = std::move(now);
    patience.pause(between_looks);
  }
}

}  // namespace vestnik::audit
