// The log and the store that a process runs on.
#pragma once

#include <memory>

#include "config/config.h"
#include "log/log.h"
#include "sqlite/database.h"
#include "store/store.h"

namespace vestnik::app {

struct Backing {
  std::unique_ptr<sqlite::Database> database;  // unset: neither of the two is embedded
  std::unique_ptr<store::Store> store;
  std::unique_ptr<log::Log> log;
};

// Opens what the configuration names. Throws std::runtime_error with what to do.
Backing open_backing(const config::Config& config);

}  // namespace vestnik::app
