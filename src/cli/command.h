// The commands that talk to a running Vestnik, and those about the command line itself. Each declares itself
// in `root`; main runs the one that was called.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/api_client.h"

namespace vestnik::cli {

struct Command {
  const CLI::App* declared;
  // The exit code. Throws CommandError.
  std::function<int()> run;
};

Command deliveries_command(CLI::App& root);
Command status_command(CLI::App& root);
Command send_command(CLI::App& root);
Command stats_command(CLI::App& root);
Command tail_command(CLI::App& root);
Command analytics_command(CLI::App& root);
Command completion_command(CLI::App& root);
Command man_command(CLI::App& root);

// The options that say where Vestnik is. `serving`: the role whose address it must be, if not the all-in-one
// process's.
void add_access(CLI::App& command, ApiAccess& access, const char* serving = "analytics-service");

// --channel
void add_channel(CLI::App& command, std::string& channel);

}  // namespace vestnik::cli
