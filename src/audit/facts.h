// What log and store hold, reduced to what the audit compares: ids in sets, and how far each is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit/ids.h"
#include "model/notification.h"
#include "model/step.h"
#include "store/ledger.h"

namespace vestnik::audit {

// An event in `user-events`. In the order of partitions and their offsets.
struct Accepted {
  Key event;
  std::uint32_t accepted_at_s = 0;  // Unix time
  std::uint16_t partition = 0;
  bool let_go = false;    // by notification-service
  bool analysed = false;  // let go by analytics-service
};

// A step that the workflow of an accepted event has now, and the id that its notification would have.
struct Expected {
  Key id;
  std::uint32_t accepted = 0;  // the event's place in Facts::accepted
  std::uint16_t step = 0;      // a number for this step of this workflow
  Channel channel = Channel::email;
};

// A notification in `notification-events`.
struct Planned {
  Key id;
  Key event;
  Channel channel = Channel::email;
  bool let_go = false;  // by the channel's service
  bool analysed = false;
};

// A step of a plan that led to no notification, in `analytics-events`.
struct Unplanned {
  Key id;
  Key event;
  Channel channel = Channel::email;
  StepKind kind = StepKind::skipped;  // or dead
  bool analysed = false;
};

struct LedgerRow {
  Key id;
  Key event;
  Channel channel = Channel::email;
  store::DeliveryState state = store::DeliveryState::pending;
  bool log_is_cut = false;  // its partition of notification-events begins later than at its first record
};

struct TimelineRow {
  Key id;
  Channel channel = Channel::email;
  std::optional<StepKind> state;  // unset: planned
};

// Taken in this order, so that nothing that a well system does meanwhile looks like a difference: what the
// groups have let go; the store (ledger, outbox, timeline); the ends of analytics-events, notification-events
// and user-events; the records up to there. What was let go is in what is read later; what the store has is
// in a log that is read later.
struct Facts {
  std::vector<Accepted> accepted;
  std::vector<Expected> expected;  // those of one event stand together, events in the order of `accepted`
  std::vector<Planned> planned;
  std::vector<Unplanned> unplanned;
  std::vector<LedgerRow> ledger;
  std::vector<TimelineRow> timeline;
  std::vector<Key> timeline_events;
  // Notifications with a step that is in the outbox, or in analytics-events and not let go by
  // analytics-service.
  std::vector<Key> moving;
  // The topic begins later than at its first record: what was before has been removed.
  bool user_events_cut = false, notification_events_cut = false, analytics_events_cut = false;
  std::int64_t unreadable = 0;  // records that can't be decoded; every service passes them over
};

}  // namespace vestnik::audit
