// What the store holds, as a command goes through it: blocking, page by page, beside the processes that write
// it. Two implementations, store/sqlite and store/postgres; the store's contract suite (contract_inventory.h)
// runs against both.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/ids.h"
#include "model/notification.h"
#include "model/step.h"
#include "store/ledger.h"

namespace vestnik::store {

struct LedgerItem {
  NotificationId id;
  EventId event_id;
  Channel channel = Channel::email;
  std::int32_t partition = 0;  // of notification-events
  DeliveryState state = DeliveryState::pending;
  int attempt = 0;
  Timestamp updated_at{};
};

struct TimelineItem {
  NotificationId id;
  EventId event_id;
  Channel channel = Channel::email;
  std::string_view state;  // "planned" or a StepKind's name; lives as long as the program
};

// Each call gives what was there when it began exactly once, and may give what came since; a state is one
// that it had during the call. (One snapshot of everything would hold back the embedded file's WAL, or
// PostgreSQL's vacuum, for as long as millions of rows take.) All functions throw std::runtime_error with
// what to do when the store can't be read; what the function that is called throws ends the call. Used by one
// thread at a time.
class Inventory {
 public:
  virtual ~Inventory() = default;

  virtual void deliveries(const std::function<void(const LedgerItem&)>& take) = 0;
  // Steps that the ledger has and that may not be in `analytics-events` yet.
  virtual void outbox(const std::function<void(const Step&)>& take) = 0;
  virtual void timeline(const std::function<void(const TimelineItem&)>& take) = 0;
  // The events that the timeline knows of.
  virtual void events(const std::function<void(const EventId&)>& take) = 0;
};

}  // namespace vestnik::store
