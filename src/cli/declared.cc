#include "cli/declared.h"

#include <utility>

namespace vestnik::cli {
namespace {

// CLI11 keeps what IsMember allows only in the type's text: "TEXT:{email,sms}".
std::vector<std::string> choices_in(const std::string& type) {
  const std::size_t open = type.find('{'), close = type.rfind('}');
  if (open == type.npos || close == type.npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

DeclaredOption declared(const CLI::Option& option) {
  DeclaredOption result;
  if (option.get_positional()) {
    result.names.push_back(option.get_name(true));
  } else {
    for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  }
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();
    result.value = type.substr(0, type.find(':'));
    result.choices = choices_in(type);
  }
  result.description = option.get_description();
  result.by_default = option.get_default_str();
  result.required = option.get_required();
  result.repeated = option.get_expected_max() > 1;
  return result;
}

DeclaredCommand declared(const CLI::App& app, const std::string& before) {
  DeclaredCommand result{
      .path = before + app.get_name(), .name = app.get_name(), .description = app.get_description()};
  // CLI11 has commands inherit it, for their --help.
  if (!app.get_parent() || app.get_footer() != app.get_parent()->get_footer())
    result.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options())
    (option->get_positional() ? result.arguments : result.options).push_back(declared(*option));
  for (const CLI::App* command : app.get_subcommands(std::function<bool(const CLI::App*)>()))
    result.commands.push_back(declared(*command, result.path + " "));
  return result;
}

void collect(const DeclaredCommand& command, std::vector<const DeclaredCommand*>& all) {
  all.push_back(&command);
  for (const DeclaredCommand& below : command.commands) collect(below, all);
}

}  // namespace

DeclaredCommand declared(const CLI::App& root) { return declared(root, ""); }

std::vector<const DeclaredCommand*> with_all_below(const DeclaredCommand& command) {
  std::vector<const DeclaredCommand*> all;
  collect(command, all);
  return all;
}

std::string usage(const DeclaredCommand& command) {
  std::string text = command.path;
  if (!command.commands.empty()) return text + " command";
  for (const DeclaredOption& option : command.options)
    if (option.required) text += " " + option.names.back() + " " + option.value;
  if (command.options.size() > 1) text += " [options]";  // more than --help
  for (const DeclaredOption& argument : command.arguments) {
    const std::string name = argument.names.front() + (argument.repeated ? "..." : "");
    text += argument.required ? " " + name : " [" + name + "]";
  }
  return text;
}

}  // namespace vestnik::cli
