// Reads the configuration: defaults, then vestnik.yaml, then the environment, which wins.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "config/problem.h"
#include "config/role.h"

namespace vestnik::config {

struct LoadOptions {
  // --config; unset: what VESTNIK_CONFIG in `environment` names, else vestnik.yaml in `directory` if it is
  // there.
  std::optional<std::filesystem::path> config_file;
  std::map<std::string, std::string> environment;  // a variable with an empty value counts as unset
  Role role = Role::all;                           // which cross-checks hold
  std::filesystem::path directory = ".";
};

// Every problem that there is, not just the first. Reads the files that are named, nothing else of the
// system.
Result<Config, Problems> load(const LoadOptions& options);

}  // namespace vestnik::config
