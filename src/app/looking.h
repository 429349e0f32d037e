// The log and the store of a configuration, opened to look at them only.
#pragma once

#include <memory>

#include "config/config.h"
#include "log/reader.h"
#include "sqlite/read_only.h"
#include "store/inventory.h"

namespace vestnik::app {

struct Looking {
  std::unique_ptr<sqlite::ReadOnlyFile> file;  // unset: neither of the two is embedded
  std::unique_ptr<log::Reader> log;
  std::unique_ptr<store::Inventory> store;
};

// Throw std::runtime_error with what to do. Need no lock and work beside the processes that write.
Looking open_to_look(const config::Config& config);
// The log only; the store is not set.
Looking open_log_to_look(const config::Config& config);

}  // namespace vestnik::app
