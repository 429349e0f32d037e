// What records say about notifications, as both stores keep and join it. Everything shown and counted is a
// pure function of the set of facts, and joining facts is commutative and idempotent, so neither order nor
// repetition matters.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "model/event.h"
#include "model/notification.h"
#include "model/step.h"

namespace vestnik::store {

struct PlanFact {
  std::string event_type;
  std::string template_version;
  Timestamp accepted_at{};
  Timestamp planned_at{};
  // Empty and 0: the fact was kept by a version that had no such fields.
  std::string category;
  std::string recipient;              // masked_recipient()
  std::int64_t recipient_digest = 0;  // recipient_digest()

  friend bool operator==(const PlanFact&, const PlanFact&) = default;
};

struct StepFact {
  int attempt = 0;
  StepKind kind = StepKind::sending;
  Timestamp at{};
  std::string provider;
  std::string answer;
  bool sandbox = false;
  std::optional<Timestamp> due_at;

  friend bool operator==(const StepFact&, const StepFact&) = default;
};

// One notification's timeline: its plan and the set of its steps. Ids are pack_id(), as they are kept.
struct TimelineRow {
  std::string id;
  std::string user_id;
  std::string event_id;
  Channel channel = Channel::email;
  std::optional<PlanFact> plan;
  std::vector<StepFact> steps;  // one per (attempt, kind), in that order

  friend bool operator==(const TimelineRow&, const TimelineRow&) = default;
};

// A user event, for notifications whose plan has not arrived (or never will: skipped), and to be counted.
struct AcceptedFact {
  std::string event_id;  // pack_id()
  std::string event_type;
  Timestamp accepted_at{};
  std::string user_id;  // pack_id(); empty: the fact was kept by a version that had no such field

  friend bool operator==(const AcceptedFact&, const AcceptedFact&) = default;
};

// What analytics-service learns from one record of each topic.
struct Fact {
  Fact(const UserEvent& event);
  Fact(const Notification& notification);
  Fact(const Step& step);

  std::variant<AcceptedFact, TimelineRow> value;
};

// Adds what `other` knows about the same notification. Of two plans the earlier stays; of two steps with the
// same id the later (an attempt that was given back is told again under its number).
void join(TimelineRow& row, TimelineRow other);
// The same event, told twice: an append that was repeated may have another time. The earlier stays.
void join(AcceptedFact& event, AcceptedFact other);

// Facts joined by what they are about, so that a store touches each row once and its writer only writes.
class FactBatch {
 public:
  explicit FactBatch(std::vector<Fact> facts);
  FactBatch(const FactBatch&) = delete;
  FactBatch& operator=(const FactBatch&) = delete;

  // One per event and one per notification, in the order in which they were first heard of.
  const std::deque<AcceptedFact>& events() const { return events_; }
  const std::deque<TimelineRow>& rows() const { return rows_; }

 private:
  void add(AcceptedFact event);
  void add(TimelineRow row);

  std::deque<AcceptedFact> events_;
  std::deque<TimelineRow> rows_;  // deques: the keys below are views of what is in them
  std::unordered_map<std::string_view, AcceptedFact*> known_events_;
  std::unordered_map<std::string_view, TimelineRow*> known_rows_;
};

}  // namespace vestnik::store
