#include "store/facts.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "store/codes.h"
#include "store/packed.h"
#include "store/recipient.h"

namespace vestnik::store {
namespace {

auto plan_order(const PlanFact& p) {
  return std::tie(p.planned_at, p.accepted_at, p.template_version, p.event_type);
}
// Of the same plan, that which was told with more stays.
auto plan_detail(const PlanFact& p) { return std::tie(p.category, p.recipient, p.recipient_digest); }
bool replaces(const PlanFact& other, const PlanFact& plan) {
  if (plan_order(other) != plan_order(plan)) return plan_order(other) < plan_order(plan);
  return plan_detail(plan) < plan_detail(other);
}
auto step_order(const StepFact& s) { return std::tie(s.at, s.due_at, s.provider, s.answer, s.sandbox); }
std::pair<int, int> step_key(const StepFact& s) { return {s.attempt, code(s.kind)}; }

void join_step(std::vector<StepFact>& steps, StepFact step) {
  const auto place = std::ranges::lower_bound(steps, step_key(step), {}, step_key);
  if (place == steps.end() || step_key(*place) != step_key(step))
    steps.insert(place, std::move(step));
  else if (step_order(*place) < step_order(step))
    *place = std::move(step);
}

TimelineRow row_of(const Notification& n) {
  return {pack_id(n.id.value),
          pack_id(n.user_id.value),
          pack_id(n.event_id.value),
          n.channel,
          PlanFact{n.event_type, n.template_version, n.accepted_at, n.planned_at, n.category,
                   masked_recipient(n.to), recipient_digest(n.to)},
          {}};
}

TimelineRow row_of(const Step& s) {
  return {pack_id(s.notification_id.value),
          pack_id(s.user_id.value),
          pack_id(s.event_id.value),
          s.channel,
          std::nullopt,
          {{s.attempt, s.kind, s.at, s.provider, s.answer, s.sandbox, s.due_at}}};
}

}  // namespace

Fact::Fact(const UserEvent& event)
    : value(AcceptedFact{pack_id(event.event_id.value), event.event_type, event.accepted_at,
                         pack_id(event.user_id.value)}) {}
Fact::Fact(const Notification& notification) : value(row_of(notification)) {}
Fact::Fact(const Step& step) : value(row_of(step)) {}

void join(TimelineRow& row, TimelineRow other) {
  if (other.plan && (!row.plan || replaces(*other.plan, *row.plan))) row.plan = std::move(other.plan);
  for (StepFact& step : other.steps) join_step(row.steps, std::move(step));
}

void join(AcceptedFact& event, AcceptedFact other) {
  const auto order = [](const AcceptedFact& e) { return std::tie(e.accepted_at, e.event_type); };
  if (event.user_id.empty()) event.user_id = other.user_id;
  if (order(other) < order(event)) {
    event.accepted_at = other.accepted_at;
    event.event_type = std::move(other.event_type);
  }
}

FactBatch::FactBatch(std::vector<Fact> facts) {
  for (Fact& fact : facts) std::visit([this](auto& value) { add(std::move(value)); }, fact.value);
}

void FactBatch::add(AcceptedFact event) {
  if (const auto known = known_events_.find(event.event_id); known != known_events_.end())
    return join(*known->second, std::move(event));
  AcceptedFact& added = events_.emplace_back(std::move(event));
  known_events_.emplace(added.event_id, &added);
}

void FactBatch::add(TimelineRow row) {
  if (const auto known = known_rows_.find(row.id); known != known_rows_.end())
    return join(*known->second, std::move(row));
  TimelineRow& added = rows_.emplace_back(std::move(row));
  known_rows_.emplace(added.id, &added);
}

}  // namespace vestnik::store
