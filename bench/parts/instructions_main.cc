// bench-instructions: runs one part, for callgrind to count its instructions (bench/parts/instructions).
//
//   bench-instructions                 names the parts, one a line: name, tab, unit
//   bench-instructions PART UNITS      does so many units of its work
#include <charconv>
#include <exception>
#include <iostream>
#include <string_view>

#include "parts/part.h"

namespace {

constexpr int usage_exit = 2;

int usage() {
  std::cerr << "bench-instructions: give no argument to list the parts, or a part and how many units\n";
  return usage_exit;
}

int run(std::string_view name, std::string_view units_text) {
  unsigned units = 0;
  const auto [end, error] = std::from_chars(units_text.data(), units_text.data() + units_text.size(), units);
  if (error != std::errc() || end != units_text.data() + units_text.size()) return usage();
  for (const vestnik::bench::Part& part : vestnik::bench::parts()) {
    if (part.name != name) continue;
    vestnik::bench::Work work = part.prepare();
    for (unsigned i = 0; i < units; ++i) work();
    return 0;
  }
  std::cerr << "bench-instructions: there is no part \"" << name << "\"\n";
  return usage_exit;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count == 3) return run(arguments[1], arguments[2]);
    if (count != 1) return usage();
    for (const vestnik::bench::Part& part : vestnik::bench::parts())
      std::cout << part.name << '\t' << part.unit << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench-instructions: " << error.what() << '\n';
    return 1;
  }
}
