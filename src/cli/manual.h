// The manual, made of what the command line declares.
#pragma once

#include <string>
#include <string_view>

#include "cli/declared.h"

namespace vestnik::cli {

// man(7) source of vestnik(1). `version`: "vestnik 0.1.0".
std::string man_page(const DeclaredCommand& root, std::string_view version);
// docs/commands.md.
std::string commands_as_markdown(const DeclaredCommand& root);

}  // namespace vestnik::cli
