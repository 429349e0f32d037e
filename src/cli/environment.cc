#include "cli/environment.h"

#include <iostream>
#include <string_view>
#include <unistd.h>

namespace vestnik::cli {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

void print_problems(const config::Problems& problems) {
  for (const config::Problem& problem : problems)
    std::cerr << "vestnik: " << config::to_string(problem) << '\n';
}

}  // namespace vestnik::cli
