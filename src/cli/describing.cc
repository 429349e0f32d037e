// `vestnik completion` and `vestnik man`.
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/manual.h"

namespace vestnik::cli {

Command completion_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand("completion", "Print a completion script for a shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "Which")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "`make install` puts it where the shell looks. By hand, for one user:\n"
      "  vestnik completion bash > ~/.local/share/bash-completion/completions/vestnik\n"
      "  vestnik completion zsh > ~/.zfunc/_vestnik      # a directory of $fpath\n"
      "  vestnik completion fish > ~/.config/fish/completions/vestnik.fish\n"
      "For this shell only:\n"
      "  source <(vestnik completion bash)");
  return {command, [&root, shell] {
            const DeclaredCommand all = declared(root);
            std::cout << (*shell == "bash"  ? bash_completion(all)
                          : *shell == "zsh" ? zsh_completion(all)
                                            : fish_completion(all));
            return exit_done;
          }};
}

Command man_command(CLI::App& root) {
  CLI::App* command = root.add_subcommand("man", "Print the manual page");
  const auto docs = std::make_shared<bool>(false);
  command->add_flag("--docs", *docs, "Print docs/commands.md instead");
  command->footer(
      "`make install` puts it where `man vestnik` finds it. By hand:\n"
      "  vestnik man | man -l -\n"
      "  vestnik man > ~/.local/share/man/man1/vestnik.1");
  return {command, [&root, docs] {
            const DeclaredCommand all = declared(root);
            std::cout << (*docs ? commands_as_markdown(all) : man_page(all, root.version()));
            return exit_done;
          }};
}

}  // namespace vestnik::cli
