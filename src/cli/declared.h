// What the command line declares (CLI11), as those need it who describe it: completions and the manual.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vestnik::cli {

struct DeclaredOption {
  std::vector<std::string> names;  // "-h", "--help"; of an argument its name
  std::string value;               // what it takes: "FILE"; empty: nothing
  std::vector<std::string> choices;
  std::string description;
  std::string by_default;  // empty: not said
  bool required = false;
  bool repeated = false;
};

struct DeclaredCommand {
  std::string path;  // "vestnik deliveries list"
  std::string name;  // "list"
  std::string description;
  std::string footer;
  std::vector<DeclaredOption> arguments;
  std::vector<DeclaredOption> options;
  std::vector<DeclaredCommand> commands;
};

DeclaredCommand declared(const CLI::App& root);

// The command and all below it, as `--help` lists them.
std::vector<const DeclaredCommand*> with_all_below(const DeclaredCommand& command);

// "vestnik deliveries list [options] id..."
std::string usage(const DeclaredCommand& command);

}  // namespace vestnik::cli
