// For the parts that write: an embedded file on a real disk, and waiting for what is durable.
#pragma once

#include <benchmark/benchmark.h>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "base/temporary_directory.h"
#include "parts/part.h"
#include "sqlite/database.h"

namespace vestnik::bench {

// In a directory of its own below the temporary directory (TMPDIR), gone with the object.
class EmbeddedFile {
 public:
  EmbeddedFile() : database_(sqlite::Database::open({.directory = directory_.path()})) {}
  sqlite::Database& database() { return *database_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<sqlite::Database> database_;
};

// False, and the benchmark says why it is left out: the temporary directory is in memory, where fsync costs
// nothing.
bool is_on_disk(benchmark::State& state);

// Calls `operation(done)` and waits for the answer, which must not be an error.
template <class T, class Error, class Operation>
T wait_for(Operation operation) {
  auto promise = std::make_shared<std::promise<Result<T, Error>>>();
  auto future = promise->get_future();
  operation([promise](Result<T, Error> result) { promise->set_value(std::move(result)); });
  Result<T, Error> result = future.get();
  require(result.has_value(), "the embedded file takes it");
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace vestnik::bench
