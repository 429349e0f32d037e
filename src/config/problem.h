// What is wrong with a configuration file, and where: an operator mends all of it in one go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vestnik::config {

struct Problem {
  std::string file;  // path as it was given, "environment", or empty where the whole is meant
  int line = 0;      // from 1; 0: no line
  int column = 0;    // from 1
  std::string message;

  friend bool operator==(const Problem&, const Problem&) = default;
};
using Problems = std::vector<Problem>;

// "vestnik.yaml:3:7: message"
std::string to_string(const Problem& problem);

// `, did you mean "port"?` when a candidate is near enough to be what was meant, else nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other (optimal string
// alignment).
std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace vestnik::config
