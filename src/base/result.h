// Errors that a peer or a user causes travel as values; see CONTRIBUTING.md for the three kinds.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace vestnik {

// What went wrong, as one of the module's own kinds, and a sentence for people. Code decides by `kind` only.
template <class Kind>
struct Failure {
  Kind kind;
  std::string message;
};

template <class T, class E>
using Result = std::expected<T, E>;

template <class Kind>
std::unexpected<Failure<Kind>> fail(Kind kind, std::string message) {
  return std::unexpected(Failure<Kind>{kind, std::move(message)});
}

}  // namespace vestnik
