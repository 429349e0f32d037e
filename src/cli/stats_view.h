// Statistics as tables. Pure: what the API answers in, text out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/json.h"

namespace vestnik::cli {

struct ViewOptions {
  std::optional<std::size_t> columns;  // none: as wide as it gets
  bool coloured = false;
};

// GET /v1/stats: how it is now.
std::string stats_now(const json::object& stats, const ViewOptions& options);
// Its `range`. `by_time`: also each step of time as a row.
std::string stats_range(const json::object& range, bool by_time, const ViewOptions& options);

// "0.8 ms", "250 ms", "1.5 s", "3 min", "2 h"
std::string latency_text(double milliseconds);

}  // namespace vestnik::cli
