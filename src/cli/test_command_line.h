// A command line like ours, small enough to be seen whole.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/declared.h"

namespace vestnik::cli {

inline DeclaredCommand test_command_line() {
  static std::string text;
  static bool flag = false;
  CLI::App root{"Herald: it's a test.", "herald"};
  root.set_version_flag("--version", "herald 1.2");
  root.footer("Ask `herald --help`.");
  CLI::App* serve = root.add_subcommand("serve", "Run it");
  serve->add_option("role", text, "Which")->check(CLI::IsMember({"all", "mail-service"}));
  serve->add_option("--config", text, "The file")->type_name("FILE");
  CLI::App* letters = root.add_subcommand("letters", "Look at letters");
  CLI::App* list = letters->add_subcommand("list", "All of them");
  list->add_option("--channel", text, "Only this")
      ->check(CLI::IsMember({"email", "sms"}))
      ->type_name("CHANNEL");
  list->add_option("--as", text, "How")->required()->type_name("WAY");
  list->add_flag("-j,--json", flag, "For programs");
  list->footer("It lists.\n\nExamples:\n  herald letters list --as 'it is'\n  .hidden \\ ü\nThat's it.");
  return declared(root);
}

}  // namespace vestnik::cli
