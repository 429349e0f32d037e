#include "config/problem.h"

#include <algorithm>
#include <fmt/format.h>

namespace vestnik::config {

std::string to_string(const Problem& problem) {
  if (problem.file.empty()) return problem.message;
  if (problem.line == 0) return fmt::format("{}: {}", problem.file, problem.message);
  return fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
}

std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before_last(to.size() + 1), last(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[to.size()];
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t name_bytes_max = 200;  // the distance is quadratic, and no name of ours is longer
  if (name.size() > name_bytes_max) return "";
  std::string_view nearest;
  std::size_t distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (const std::size_t d = edit_distance(name, candidate); d < distance) {
      distance = d;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : fmt::format(", did you mean \"{}\"?", nearest);
}

}  // namespace vestnik::config
