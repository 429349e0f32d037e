// The command line. Exit codes: 0 done, 1 failed, 2 called or configured wrongly, 3 the system that a command
// talks to can't be reached.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/deliveries.h"
#include "app/version.h"
#include "config/role.h"

int main(int argc, char** argv) {
  using namespace vestnik;
  CLI::App app{"Vestnik: the right message to a user by e-mail and SMS, once, with a record of every step."};
  app.require_subcommand(1);
  app.set_version_flag("--version", "vestnik " + std::string(app::version_text));
  app.footer(
      "Every option is an environment variable or a key of vestnik.yaml: `vestnik check-config --options`.");

  app::CommandLine line;
  const auto add_config = [&](CLI::App* command) {
    command->add_option("--config", line.config_file,
                        "Configuration file (default: $VESTNIK_CONFIG, else ./vestnik.yaml)");
  };

  CLI::App* serve = app.add_subcommand("serve", "Run all services in one process, or one of them");
  std::vector<std::string> roles;
  for (config::Role role : config::all_roles) roles.emplace_back(config::to_string(role));
  serve->add_option("role", line.role, "Which service (default: all)")->check(CLI::IsMember(roles));
  add_config(serve);

  CLI::App* check = app.add_subcommand(
      "check-config", "Check configuration, workflows and templates; print what is in force");
  check->add_option("role", line.role, "As which service (default: all)")->check(CLI::IsMember(roles));
  check->add_flag("--options", line.list_options, "List every option with its default and meaning instead");
  check->add_flag("--docs", line.print_docs, "Print docs/configuration.md instead");
  add_config(check);

  const app::DeliveriesCommand deliveries(app);

  CLI::App* audit = app.add_subcommand(
      "audit", "Check that nothing accepted is lost: compares log, ledger and timeline, running or not");
  audit->add_flag("--json", line.json, "Print one line of JSON instead of the table");
  audit->add_option("--ids-max", line.ids_max, "Ids printed of each kind of difference")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  audit
      ->add_option(
          "--wait", line.wait,
          "Look again for at most this long (10s, 2m) until nothing is on its way to ledger and timeline")
      ->capture_default_str();
  audit->footer(
      "Exit code: 0 they agree, 1 they differ, 2 called or configured wrongly, or something can't be read.");
  add_config(audit);

  CLI::App* version = app.add_subcommand("version", "Print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    if (serve->parsed()) return app::serve(line);
    if (check->parsed()) return app::check_config(line);
    if (deliveries.parsed()) return deliveries.run();
    if (audit->parsed()) return app::audit(line);
    if (version->parsed()) return app::version();
  } catch (const std::exception& error) {
    std::cerr << "vestnik: " << error.what() << '\n';
    return 1;
  }
  return 2;
}
