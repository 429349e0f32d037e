// What each subcommand does. They return the process's exit code; a failure that ends them is thrown.
#pragma once

#include <string>

namespace vestnik::app {

struct CommandLine {
  std::string config_file;  // empty: not given
  std::string role = "all";
  bool list_options = false;
  bool print_docs = false;
};

int serve(const CommandLine& line);
int check_config(const CommandLine& line);
int version();

}  // namespace vestnik::app
