#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <vector>

#include "cli/command.h"

namespace vestnik::cli {
namespace {

constexpr std::string_view file_value = "FILE";

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

// `'` ends the string, an escaped one follows, and it begins again: so in bash, zsh and fish.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Options that take a value, each behind its command ("vestnik serve --config"), by what completes the value.
struct Values {
  std::vector<std::string> files;
  std::map<std::string, std::vector<std::string>> choices;  // "email sms" → those that take one of these
  std::vector<std::string> others;
};

Values values_of(const DeclaredCommand& root) {
  Values values;
  for (const DeclaredCommand* command : with_all_below(root))
    for (const DeclaredOption& option : command->options)
      for (const std::string& name : option.names) {
        if (option.value.empty()) continue;
        auto& kind = option.value == file_value ? values.files
                     : option.choices.empty()
                         ? values.others
                         : values.choices[fmt::format("{}", fmt::join(option.choices, " "))];
        kind.push_back(in_quotes(command->path + " " + name));
      }
  return values;
}

std::string paths_below(const DeclaredCommand& root) {
  std::vector<std::string> paths;
  for (const DeclaredCommand* command : with_all_below(root))
    if (command != &root) paths.push_back(in_quotes(command->path));
  return fmt::format("{}", fmt::join(paths, "|"));
}

std::vector<std::string> option_names(const DeclaredCommand& command) {
  std::vector<std::string> names;
  for (const DeclaredOption& option : command.options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

// What stands in a command's place but for options: commands below it, or what its arguments can be.
std::vector<std::string> words_of(const DeclaredCommand& command) {
  std::vector<std::string> words;
  for (const DeclaredCommand& below : command.commands) words.push_back(below.name);
  for (const DeclaredOption& argument : command.arguments)
    words.insert(words.end(), argument.choices.begin(), argument.choices.end());
  return words;
}

std::string joined(const std::vector<std::string>& alternatives) {
  return fmt::format("{}", fmt::join(alternatives, "|"));
}

// zsh's _describe takes "name:what it is".
std::string described(std::string_view name, std::string_view what) {
  std::string escaped;
  for (const char c : name) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
  return single_quoted(what.empty() ? escaped : fmt::format("{}:{}", escaped, what));
}

}  // namespace

std::string bash_completion(const DeclaredCommand& root) {
  const Values values = values_of(root);
  std::string out = fmt::format(R"(# bash completion for {0}, written by `{0} completion bash`
_{0}() {{
  local IFS=$'\n' cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} cmd={0} words= options= i
  COMPREPLY=()
  # Readline makes three words of --option=value.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$cmd ${{COMP_WORDS[i]}}" in
      {1}) cmd="$cmd ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$cmd $prev" in
)",
                                root.name, paths_below(root));
  if (!values.files.empty())
    out += fmt::format(
        "    {})\n      compopt -o filenames 2>/dev/null\n      COMPREPLY=($(compgen -f -- \"$cur\"))\n      "
        "return ;;\n",
        joined(values.files));
  for (const auto& [choices, options] : values.choices)
    out += fmt::format("    {}) options= words={} ;;\n", joined(options), single_quoted(choices));
  if (!values.others.empty()) out += fmt::format("    {}) return ;;\n", joined(values.others));
  out += "    *)\n      case \"$cmd\" in\n";
  for (const DeclaredCommand* command : with_all_below(root))
    out += fmt::format("        {}) words='{}' options='{}' ;;\n", in_quotes(command->path),
                       fmt::join(words_of(*command), " "), fmt::join(option_names(*command), " "));
  out += fmt::format(R"(      esac
      [[ $cur == -* ]] && words=$options ;;
  esac
  COMPREPLY=($(IFS=' '; compgen -W "$words" -- "$cur"))
}}
complete -F _{0} {0}
)",
                     root.name);
  return out;
}

std::string zsh_completion(const DeclaredCommand& root) {
  const Values values = values_of(root);
  std::string out = fmt::format(R"(#compdef {0}
# zsh completion for {0}, written by `{0} completion zsh`
_{0}() {{
  local cmd={0} word prev=${{words[CURRENT-1]}}
  local -a candidates options
  if [[ $PREFIX == --*=* ]]; then
    prev=${{PREFIX%%=*}}
    compset -P 1 '*='
  fi
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$cmd $word" in
      ({1}) cmd="$cmd $word" ;;
    esac
  done
  case "$cmd $prev" in
)",
                                root.name, paths_below(root));
  if (!values.files.empty()) out += fmt::format("    ({}) _files; return ;;\n", joined(values.files));
  for (const auto& [choices, options] : values.choices)
    out += fmt::format("    ({}) candidates=({}); _describe value candidates; return ;;\n", joined(options),
                       choices);
  if (!values.others.empty())
    out += fmt::format("    ({}) _message value; return ;;\n", joined(values.others));
  out += "  esac\n  case $cmd in\n";
  for (const DeclaredCommand* command : with_all_below(root)) {
    out += fmt::format("    ({})\n      candidates=(", in_quotes(command->path));
    for (const DeclaredCommand& below : command->commands)
      out += " " + described(below.name, below.description);
    for (const DeclaredOption& argument : command->arguments)
      for (const std::string& choice : argument.choices) out += " " + described(choice, "");
    out += ")\n      options=(";
    for (const DeclaredOption& option : command->options)
      for (const std::string& name : option.names) out += " " + described(name, option.description);
    out += ") ;;\n";
  }
  out += fmt::format(R"(  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  else
    _describe {0} candidates
  fi
}}
if [[ ${{funcstack[1]}} == _{0} ]]; then
  _{0} "$@"
else
  compdef _{0} {0}
fi
)",
                     root.name);
  return out;
}

std::string fish_completion(const DeclaredCommand& root) {
  std::string out = fmt::format(R"(# fish completion for {0}, written by `{0} completion fish`
function __{0}_command
    set -l cmd {0}
    for word in (commandline -opc)
        switch "$cmd $word"
)",
                                root.name);
  for (const DeclaredCommand* command : with_all_below(root))
    if (command != &root)
      out += fmt::format("            case {0}\n                set cmd {0}\n", single_quoted(command->path));
  out += fmt::format(R"(        end
    end
    echo $cmd
end
complete -c {0} -f
)",
                     root.name);
  for (const DeclaredCommand* command : with_all_below(root)) {
    const std::string here =
        fmt::format("complete -c {0} -n 'test (__{0}_command) = {1}'", root.name, in_quotes(command->path));
    for (const DeclaredCommand& below : command->commands)
      out += fmt::format("{} -a {} -d {}\n", here, below.name, single_quoted(below.description));
    for (const DeclaredOption& argument : command->arguments)
      if (!argument.choices.empty())
        out += fmt::format("{} -a {}\n", here,
                           single_quoted(fmt::format("{}", fmt::join(argument.choices, " "))));
    for (const DeclaredOption& option : command->options) {
      out += here;
      for (const std::string& name : option.names)
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.value == file_value) {
        out += " -r -F";
      } else if (!option.choices.empty()) {
        out += " -x -a " + single_quoted(fmt::format("{}", fmt::join(option.choices, " ")));
      } else if (!option.value.empty()) {
        out += " -x";
      }
      out += " -d " + single_quoted(option.description) + "\n";
    }
  }
  return out;
}

}  // namespace vestnik::cli
