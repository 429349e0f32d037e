// What people ask of a timeline, and how long it takes to answer.
#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/json.h"
#include "store/timeline.h"

namespace vestnik::bench {

// Calls `operation(done)` and waits for its answer. Throws std::runtime_error where that is an error.
template <class T, class Operation>
T wait_for(Operation operation) {
  auto promise = std::make_shared<std::promise<Result<T, store::Error>>>();
  auto future = promise->get_future();
  operation([promise](Result<T, store::Error> result) { promise->set_value(std::move(result)); });
  Result<T, store::Error> result = future.get();
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// `times` of each kind of search and report, one after the other, at random places of what there is: their
// latencies in microseconds by name.
json::object measure_queries(store::Timeline& timeline, int times);

}  // namespace vestnik::bench
