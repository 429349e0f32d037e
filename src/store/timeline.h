// The read side: every notification's timeline, and what is counted from it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/notification.h"
#include "store/facts.h"
#include "store/result.h"

namespace vestnik::store {

// The state a reader sees: planned, then the kind of the furthest step. State only moves forward:
// planned < sending < deferred < in_doubt < (expired, suppressed, skipped, dead) < sent < (bounced) <
// delivered, except that sending and deferred of a later attempt follow those of an earlier one, and in_doubt
// too.
struct TimelineEntry {
  Timestamp at{};
  std::string what;  // "accepted", "planned", or a StepKind's name
  int attempt = 0;
  std::string provider;
  std::string answer;
  std::optional<Timestamp> due_at;
};

struct NotificationView {
  NotificationId id;
  UserId user_id;
  EventId event_id;
  std::string event_type;
  Channel channel = Channel::email;
  std::string template_version;
  std::string state;  // "planned" or a StepKind's name
  bool sandbox = false;
  int attempt = 0;
  std::string provider;
  Timestamp accepted_at{};
  Timestamp updated_at{};
  std::vector<TimelineEntry> timeline;  // oldest first; empty in listings
};

struct LatencySummary {
  std::int64_t count = 0;
  double p50_ms = 0, p90_ms = 0, p99_ms = 0;  // upper bounds of the histogram's buckets (about 10 % wide)
};

struct ChannelStats {
  std::map<std::string, std::int64_t> states;  // state → notifications in it now
  std::int64_t sandboxed = 0;                  // of these, kept in the sandbox instead of sent
  std::int64_t planned_last_minute = 0;
  std::int64_t sent_last_minute = 0;
  LatencySummary accepted_to_sent;  // over the last hour
  LatencySummary sent_to_delivered;
};

struct Stats {
  std::int64_t events_accepted = 0;
  std::map<Channel, ChannelStats> channels;
};

class Timeline {
 public:
  virtual ~Timeline() = default;

  // Idempotent: a fact applied twice, in another order or after a rebuild gives the same timeline and the
  // same counts.
  virtual void apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) = 0;

  virtual void notification(const NotificationId& id, Done<std::optional<NotificationView>> done) = 0;
  // Newest first; `user` empty: everybody's. At most `limit`.
  virtual void newest(const UserId& user, std::size_t limit, Done<std::vector<NotificationView>> done) = 0;
  virtual void stats(Timestamp now, Done<Stats> done) = 0;
};

}  // namespace vestnik::store
