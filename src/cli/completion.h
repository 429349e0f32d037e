// Completion scripts for shells, made of what the command line declares.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/declared.h"

namespace vestnik::cli {

// Each completes commands, options and the values that are known; file names where a FILE is taken. To be
// sourced, or put where the shell looks for it.
std::string bash_completion(const DeclaredCommand& root);
std::string zsh_completion(const DeclaredCommand& root);
std::string fish_completion(const DeclaredCommand& root);

}  // namespace vestnik::cli
