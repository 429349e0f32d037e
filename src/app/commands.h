// What each subcommand does. They return the process's exit code; a failure that ends them is thrown.
#pragma once

#include <cstddef>
#include <string>

namespace vestnik::app {

struct CommandLine {
  std::string config_file;  // empty: not given
  std::string role = "all";
  bool list_options = false;
  bool print_docs = false;

  // audit
  bool json = false;
  std::size_t ids_max = 20;
  std::string wait = "0s";
};

int serve(const CommandLine& line);
int check_config(const CommandLine& line);
// 0: log and store agree, 1: they differ, 2: something can't be read.
int audit(const CommandLine& line);
int version();

}  // namespace vestnik::app
