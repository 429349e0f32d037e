#pragma once

#include <functional>

#include "base/result.h"

namespace vestnik::store {

enum class ErrorKind {
  unavailable,  // not stored as far as is known, or it may have been: every operation may be repeated
  overloaded,   // the bounded queue is full, nothing was taken
  closed,       // shutting down
};
using Error = Failure<ErrorKind>;

// Called once, on any thread; it must not block.
template <class T>
using Done = std::move_only_function<void(Result<T, Error>)>;

}  // namespace vestnik::store
