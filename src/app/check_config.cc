#include <iostream>

#include "app/commands.h"
#include "app/configuration.h"
#include "cli/environment.h"
#include "config/describe.h"

namespace vestnik::app {

int check_config(const CommandLine& line) {
  if (line.list_options) {
    std::cout << config::options_as_help();
    return 0;
  }
  if (line.print_docs) {
    std::cout << config::options_as_markdown();
    return 0;
  }
  const auto configuration = load_configuration(line);
  if (!configuration) {
    cli::print_problems(configuration.error());
    return 2;
  }
  cli::print_problems(planning::doubts(*configuration->planning));
  std::cout << config::effective_configuration(configuration->options);
  return 0;
}

}  // namespace vestnik::app
