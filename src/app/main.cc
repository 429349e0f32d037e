// The command line. Exit codes: 0 done, 1 failed, 2 called or configured wrongly, 3 the system that a command
// talks to can't be reached.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/version.h"
#include "cli/command.h"
#include "config/role.h"

namespace vestnik {
namespace {

void add_config(CLI::App& command, app::CommandLine& line) {
  command
      .add_option("--config", line.config_file,
                  "Configuration file (default: $VESTNIK_CONFIG, else ./vestnik.yaml)")
      ->type_name("FILE");
}

void add_role(CLI::App& command, app::CommandLine& line, const char* help) {
  std::vector<std::string> roles;
  for (config::Role role : config::all_roles) roles.emplace_back(config::to_string(role));
  command.add_option("role", line.role, help)->check(CLI::IsMember(roles));
}

cli::Command serve_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand("serve", "Run all services in one process, or one of them");
  const auto line = std::make_shared<app::CommandLine>();
  add_role(*command, *line, "Which service (default: all)");
  add_config(*command, *line);
  return {command, [line] { return app::serve(*line); }};
}

cli::Command check_config_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand(
      "check-config", "Check configuration, workflows and templates; print what is in force");
  const auto line = std::make_shared<app::CommandLine>();
  add_role(*command, *line, "As which service (default: all)");
  command->add_flag("--options", line->list_options,
                    "List every option with its default and meaning instead");
  command->add_flag("--docs", line->print_docs, "Print docs/configuration.md instead");
  add_config(*command, *line);
  return {command, [line] { return app::check_config(*line); }};
}

cli::Command audit_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand(
      "audit", "Check that nothing accepted is lost: compares log, ledger and timeline, running or not");
  const auto line = std::make_shared<app::CommandLine>();
  command->add_flag("--json", line->json, "Print one line of JSON instead of the table");
  command->add_option("--ids-max", line->ids_max, "Ids printed of each kind of difference")
      ->check(CLI::Range(0, 1'000'000'000))
      ->type_name("NUMBER")
      ->capture_default_str();
  command
      ->add_option(
          "--wait", line->wait,
          "Look again for at most this long (10s, 2m) until nothing is on its way to ledger and timeline")
      ->type_name("DURATION")
      ->capture_default_str();
  command->footer(
      "Exit code: 0 they agree, 1 they differ, 2 called or configured wrongly, or something can't be read.");
  add_config(*command, *line);
  return {command, [line] { return app::audit(*line); }};
}

cli::Command version_command(CLI::App& root) {
  return {root.add_subcommand("version", "Print the version"), [] { return app::version(); }};
}

// In the order that a notification and its owner need them, which is the order of `--help`.
constexpr cli::Command (*makers[])(CLI::App& root) = {
    serve_command,          check_config_command,    cli::send_command,       cli::status_command,
    cli::stats_command,     cli::tail_command,       cli::deliveries_command, audit_command,
    cli::analytics_command, cli::completion_command, cli::man_command,        version_command};

int run(const cli::Command& command) {
  try {
    return command.run();
  } catch (const cli::CommandError& error) {
    std::cerr << "vestnik: " << error.what() << '\n';
    return error.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "vestnik: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace
}  // namespace vestnik

int main(int argc, char** argv) {
  using namespace vestnik;
  CLI::App root{"Vestnik: the right message to a user by e-mail and SMS, once, with a record of every step.",
                "vestnik"};
  root.require_subcommand(1);
  root.set_version_flag("--version", "vestnik " + std::string(app::version_text), "Print the version");
  root.footer(
      "Every option is an environment variable or a key of vestnik.yaml: `vestnik check-config --options`.");
  std::vector<cli::Command> commands;
  for (const auto make : makers) commands.push_back(make(root));

  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? 0 : 2;
  }
  for (const cli::Command& command : commands)
    if (command.declared->parsed()) return run(command);
  return 2;
}
