// I1, as sets of ids: what was accepted is planned, what is planned is in the ledger, and the timeline tells
// the same.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "audit/facts.h"

namespace vestnik::audit {

enum class DifferenceKind {
  event_not_planned,      // let go by notification-service, and nothing was planned or skipped
  step_not_planned,       // other steps of its event are there, this one is missing
  plan_without_event,     // planned from an event that nobody accepted
  not_in_ledger,          // let go by its channel, and its ledger doesn't know it
  not_in_log,             // in the ledger, and never planned
  not_in_timeline,        // let go by analytics-service, and the timeline doesn't know it
  event_not_in_timeline,  // the same of an event
  unfounded_in_timeline,  // in the timeline, and neither planned nor skipped
  state_differs,          // ledger and timeline tell different states
};
inline constexpr int difference_kind_count = 9;
std::string_view to_string(DifferenceKind kind);  // "not_in_ledger"
std::string_view explain(DifferenceKind kind);    // in words

struct Difference {
  DifferenceKind kind;
  Key id;                          // of the notification, or of the event for event_…
  std::optional<Channel> channel;  // unset: an event
  // Of state_differs.
  store::DeliveryState in_ledger = store::DeliveryState::pending;
  std::optional<StepKind> in_timeline;

  friend bool operator==(const Difference&, const Difference&) = default;
};

struct ChannelCounts {
  std::int64_t planned = 0;     // in notification-events, or in the ledger from before the log's beginning
  std::int64_t on_the_way = 0;  // planned, and not in the ledger yet
  std::int64_t skipped = 0;
  std::int64_t not_rendered = 0;  // given up when it was planned
  std::array<std::int64_t, store::delivery_state_count> states{};
};

struct Findings {
  std::int64_t accepted = 0;     // events
  std::int64_t no_workflow = 0;  // of them: nothing is planned for their type
  std::int64_t on_the_way = 0;   // of them: not planned yet
  std::map<Channel, ChannelCounts> channels;

  std::int64_t behind = 0;           // facts that the timeline doesn't have yet
  std::int64_t moving = 0;           // notifications whose state could not be compared for that
  std::int64_t before_the_log = 0;   // ledger rows whose plan the log no longer has
  std::int64_t events_repeated = 0;  // records of an event beyond its first
  std::int64_t plans_repeated = 0;   // the same of a notification
  std::int64_t unreadable = 0;       // records
  std::int64_t perhaps_unplanned =
      0;  // steps missing that the workflow may not have had when its event was planned

  std::vector<Difference> differences;  // by kind, then by id

  bool agree() const { return differences.empty(); }
  // Everything that was accepted has reached ledger and timeline.
  bool quiet() const;
};

// A pure function of the facts.
Findings check(Facts facts);

// The differences of `later` that were in `earlier` already.
std::vector<Difference> lasting(const std::vector<Difference>& earlier, const std::vector<Difference>& later);

}  // namespace vestnik::audit
