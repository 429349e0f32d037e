// What people read about the options: help, documentation, and the configuration in force.
#pragma once

#include <string>

#include "config/config.h"

namespace vestnik::config {

// Lines for --help: variable, default and sentence, by section.
std::string options_as_help();

// docs/configuration.md.
std::string options_as_markdown();

// The whole configuration as a vestnik.yaml; secrets are masked, what is unset or at its default is said to
// be.
std::string effective_configuration(const Config& config);

}  // namespace vestnik::config
