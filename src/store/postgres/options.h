#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace vestnik::store::postgres {

struct Options {
  std::string url;              // anything libpq takes: postgresql://… or key=value words
  std::size_t connections = 4;  // each on a thread of its own
  // Rows waiting in all operations together; beyond it an operation is answered `overloaded` at once.
  std::size_t queue_rows_max = 50'000;
  // Operations of one kind that wait are merged into one statement of up to this many rows.
  std::size_t batch_rows_max = 1000;
  // From the call to its answer, waiting and a retry included.
  std::chrono::milliseconds operation_timeout{2000};
  // How long the constructor waits for a server that isn't there yet.
  std::chrono::milliseconds start_timeout{10'000};
};

}  // namespace vestnik::store::postgres
