// One notification on its way, as the engine holds it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "model/notification.h"
#include "store/ledger.h"
#include "trace/span.h"

namespace vestnik::delivery {

// Of the open attempt (attempt_trace.h).
struct AttemptSpans {
  std::string traceparent;  // of its steps
  trace::Span deliver;
  std::shared_ptr<trace::Span> exchange;  // once it is with its provider
};

struct Held {
  std::shared_ptr<const Notification> notification;
  store::Owner owner;
  int attempt = 0;  // attempts begun
  Timestamp due_at{};
  std::string progress;              // model/outcome.h, Transient::progress
  std::string provider;              // of the last attempt; of the open one while there is one
  std::optional<int> retried_after;  // store::Delivery::retried_after
  // Providers (bits, by their place) that have failed it since it was last put off: the others come first.
  std::uint32_t tried = 0;
  std::optional<SteadyTime> send_by;  // of the open attempt: it goes out until then, or is given back
  std::optional<SteadyTime> sent_at;  // of the open attempt, once it is with its provider
  bool is_new = false;                // the ledger doesn't have it yet: it comes there with its first attempt
  std::int64_t offset = 0;            // of its record, while it is new
  bool in_lane = false;               // the open attempt takes room of its provider here
  bool placed = false;                // it has waited for its place under a limit: it may ask the ledger now
  std::shared_ptr<AttemptSpans> spans;  // of the open attempt; none: it is not traced
  std::uint64_t order = 0;              // the Schedule's: its place among those due at the same moment

  int attempts_counted() const { return attempt - retried_after.value_or(0); }
  bool expires_by(Timestamp time) const {
    return !retried_after && notification->expires_at && *notification->expires_at <= time;
  }
  // Due at a moment that somebody chose, not after a pause: it follows the wall clock when that is set.
  bool due_by_wall_clock() const { return notification->send_at == due_at; }
};

}  // namespace vestnik::delivery
