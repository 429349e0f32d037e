// What a provider answered to one attempt: a sum type, switched over exhaustively.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace vestnik {

// The provider has taken responsibility. `message_ids`: its own ids, one per part; receipts refer to them.
struct Sent {
  std::string answer;  // the peer's own words, at most answer_bytes_max, without addresses of others
  std::vector<std::string> message_ids;
};

// Not taken, and a later attempt may succeed.
struct Transient {
  std::string answer;
  std::optional<std::chrono::seconds> retry_after;  // what the peer asked for
  bool throttled = false;                           // "slower, please": burns no attempt
  // Opaque to the engine, handed to the next attempt (which parts are already with the peer).
  std::string progress;
  // It could not be reached, or broke off before it took anything: this says nothing about the message.
  bool provider_failed = false;
  // It never left: no byte that could deliver it was written. Burns no attempt either.
  bool unsent = false;

  bool burns_attempt() const { return !throttled && !unsent; }
};

// Never will be taken.
struct Permanent {
  std::string answer;
};

// The peer may have taken it: the last byte that makes it deliver was written, and no answer was seen.
struct InDoubt {
  std::string answer;
  // As Transient's: a resend leaves out what is known to be with the peer. Empty: as it was before the
  // attempt.
  std::string progress = {};
};

using Outcome = std::variant<Sent, Transient, Permanent, InDoubt>;

// Longer answers of a peer are cut to this before they are kept.
inline constexpr std::size_t answer_bytes_max = 512;

// A provider's later word about something it took.
struct Receipt {
  enum class Status { delivered, failed };
  std::string provider;
  std::string message_id;
  Status status = Status::delivered;
  std::string answer;  // "stat:DELIVRD err:000"
  Timestamp at{};
};

// For std::visit over a sum type with one lambda per case.
template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace vestnik
