#include "audit/check.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace vestnik::audit {
namespace {

using store::DeliveryState;

// A workflow's change reaches the partitions of user-events at different times; within this time after a step
// was first seen anywhere, its absence proves nothing.
constexpr std::uint32_t change_spreads_within_s = 60;

auto difference_order(const Difference& d) { return std::tie(d.kind, d.id); }

template <class Row>
const Row* find(const std::vector<Row>& sorted, const Key& id) {
  const auto place = std::ranges::lower_bound(sorted, id, {}, &Row::id);
  return place != sorted.end() && place->id == id ? &*place : nullptr;
}

bool has(const std::vector<Key>& sorted, const Key& key) { return std::ranges::binary_search(sorted, key); }

// Sorts, and leaves one of each; returns how many those are.
std::int64_t distinct(std::vector<Key>& keys) {
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return std::ssize(keys);
}

// Sorts by id and joins repetitions into the first; returns how many those were.
template <class Row, class Join>
std::int64_t unite(std::vector<Row>& rows, Join join) {
  std::ranges::sort(rows, {}, &Row::id);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && rows[kept - 1].id == rows[i].id)
      join(rows[kept - 1], rows[i]);
    else
      rows[kept++] = rows[i];
  }
  const auto repeated = static_cast<std::int64_t>(rows.size() - kept);
  rows.resize(kept);
  return repeated;
}

// Whether a timeline in `shown` tells what a ledger in `state` says (store/timeline.h has the order of
// states).
bool agree(DeliveryState state, const std::optional<StepKind>& shown) {
  switch (state) {
    case DeliveryState::pending:
      return !shown || *shown == StepKind::deferred || *shown == StepKind::in_doubt ||
             *shown == StepKind::retried;
    // An attempt that was given back begins again under its number.
    case DeliveryState::sending: return shown == StepKind::sending || shown == StepKind::deferred;
    case DeliveryState::sent: return shown == StepKind::sent;
    case DeliveryState::delivered: return shown == StepKind::delivered;
    case DeliveryState::bounced: return shown == StepKind::bounced;
    case DeliveryState::in_doubt: return shown == StepKind::in_doubt;
    case DeliveryState::dead: return shown == StepKind::dead;
    case DeliveryState::expired: return shown == StepKind::expired;
    case DeliveryState::suppressed: return shown == StepKind::suppressed;
    case DeliveryState::discarded: return shown == StepKind::discarded;
  }
  return false;
}

class Check {
 public:
  explicit Check(Facts facts) : facts_(std::move(facts)) {}

  Findings run() {
    for (const Channel channel : all_channels) findings_.channels[channel];
    findings_.unreadable = facts_.unreadable;
    sort();
    look_at_plans();
    look_at_ledger();
    look_at_timeline();
    look_at_events();
    std::ranges::sort(findings_.differences, {}, difference_order);
    // A record that is there twice is told once.
    const auto again = std::ranges::unique(findings_.differences, {}, difference_order);
    findings_.differences.erase(again.begin(), again.end());
    return std::move(findings_);
  }

 private:
  void differ(DifferenceKind kind, const Key& id, std::optional<Channel> channel = std::nullopt) {
    findings_.differences.push_back({.kind = kind, .id = id, .channel = channel});
  }
  ChannelCounts& counts(Channel channel) { return findings_.channels[channel]; }

  void sort();
  void look_at_plans();
  void look_at_ledger();
  void compare_state(const LedgerRow& row, const Planned* planned);
  void look_at_timeline();
  void look_at_events();
  bool was_planned(const Key& id) const;
  std::map<std::uint16_t, std::uint32_t> first_seen() const;
  void look_for_other_plans(std::set<Key> events);

  Facts facts_;
  Findings findings_;
  std::vector<Key> accepted_;  // ids, sorted
};

void Check::sort() {
  findings_.plans_repeated = unite(facts_.planned, [](Planned& first, const Planned& other) {
    first.let_go |= other.let_go;
    first.analysed |= other.analysed;
  });
  unite(facts_.unplanned, [](Unplanned& first, const Unplanned& other) { first.analysed |= other.analysed; });
  unite(facts_.ledger, [](LedgerRow& first, const LedgerRow& later) { first = later; });
  unite(facts_.timeline, [](TimelineRow& first, const TimelineRow& later) { first = later; });
  std::ranges::sort(facts_.timeline_events);
  findings_.moving = distinct(facts_.moving);

  accepted_.reserve(facts_.accepted.size());
  for (const Accepted& event : facts_.accepted) accepted_.push_back(event.event);
  findings_.accepted = distinct(accepted_);
  findings_.events_repeated = std::ssize(facts_.accepted) - findings_.accepted;
}

void Check::look_at_plans() {
  for (const Planned& planned : facts_.planned) {
    ++counts(planned.channel).planned;
    if (!facts_.user_events_cut && !has(accepted_, planned.event))
      differ(DifferenceKind::plan_without_event, planned.id, planned.channel);
    if (find(facts_.ledger, planned.id)) continue;
    if (planned.let_go)
      differ(DifferenceKind::not_in_ledger, planned.id, planned.channel);
    else
      ++counts(planned.channel).on_the_way;
  }
  for (const Unplanned& step : facts_.unplanned) {
    // Planned again after the configuration had changed, or told dead by its channel before an attempt.
    if (find(facts_.planned, step.id) || find(facts_.ledger, step.id)) continue;
    ChannelCounts& channel = counts(step.channel);
    ++(step.kind == StepKind::skipped ? channel.skipped : channel.not_rendered);
    if (find(facts_.timeline, step.id)) continue;
    if (step.analysed)
      differ(DifferenceKind::not_in_timeline, step.id, step.channel);
    else
      ++findings_.behind;
  }
}

void Check::look_at_ledger() {
  for (const LedgerRow& row : facts_.ledger) {
    ++counts(row.channel).states[static_cast<std::size_t>(row.state)];
    const Planned* planned = find(facts_.planned, row.id);
    if (!planned && row.log_is_cut) {
      ++counts(row.channel).planned;
      ++findings_.before_the_log;
    } else if (!planned) {
      differ(DifferenceKind::not_in_log, row.id, row.channel);
    }
    compare_state(row, planned);
  }
}

void Check::compare_state(const LedgerRow& row, const Planned* planned) {
  if (has(facts_.moving, row.id)) return;
  const TimelineRow* shown = find(facts_.timeline, row.id);
  if (!shown) {
    // Of those that the log has, look_at_timeline() speaks.
    if (!planned && row.log_is_cut) differ(DifferenceKind::not_in_timeline, row.id, row.channel);
    return;
  }
  if (planned && !planned->analysed) return;
  const Unplanned* step = find(facts_.unplanned, row.id);
  if (step && step->kind == StepKind::skipped)
    return;  // planned again: what it was skipped for is told as well
  if (!agree(row.state, shown->state))
    findings_.differences.push_back({.kind = DifferenceKind::state_differs,
                                     .id = row.id,
                                     .channel = row.channel,
                                     .in_ledger = row.state,
                                     .in_timeline = shown->state});
}

void Check::look_at_timeline() {
  for (const Planned& planned : facts_.planned) {
    if (find(facts_.timeline, planned.id)) continue;
    if (planned.analysed)
      differ(DifferenceKind::not_in_timeline, planned.id, planned.channel);
    else
      ++findings_.behind;
  }
  if (facts_.notification_events_cut || facts_.analytics_events_cut) return;
  for (const TimelineRow& row : facts_.timeline)
    if (!find(facts_.planned, row.id) && !find(facts_.unplanned, row.id) && !find(facts_.ledger, row.id))
      differ(DifferenceKind::unfounded_in_timeline, row.id, row.channel);
}

bool Check::was_planned(const Key& id) const {
  return find(facts_.planned, id) || find(facts_.unplanned, id) || find(facts_.ledger, id) ||
         find(facts_.timeline, id);
}

// When the first event was accepted for which each step was planned.
std::map<std::uint16_t, std::uint32_t> Check::first_seen() const {
  std::map<std::uint16_t, std::uint32_t> first;
  for (const Expected& step : facts_.expected) {
    const std::uint32_t at = facts_.accepted[step.accepted].accepted_at_s;
    const auto known = first.find(step.step);
    if ((known == first.end() || at < known->second) && was_planned(step.id)) first[step.step] = at;
  }
  return first;
}

void Check::look_at_events() {
  const auto first = first_seen();
  std::set<std::pair<std::uint16_t, std::uint16_t>> seen;  // partition, step: from here on every event has it
  std::set<Key> without;
  std::vector<Key> unplanned_yet, no_workflow;
  auto next = facts_.expected.begin();
  for (std::size_t i = 0; i < facts_.accepted.size(); ++i) {
    const Accepted& event = facts_.accepted[i];
    if (!has(facts_.timeline_events, event.event)) {
      if (event.analysed)
        differ(DifferenceKind::event_not_in_timeline, event.event);
      else
        ++findings_.behind;
    }
    std::vector<const Expected*> missing;
    std::size_t steps = 0;
    for (; next != facts_.expected.end() && next->accepted == i; ++next, ++steps) {
      if (was_planned(next->id))
        seen.emplace(event.partition, next->step);
      else
        missing.push_back(&*next);
    }
    if (steps == 0) {
      no_workflow.push_back(event.event);
    } else if (missing.size() == steps && event.let_go) {
      without.insert(event.event);
    } else if (missing.size() == steps) {
      unplanned_yet.push_back(event.event);
    } else if (event.let_go) {
      for (const Expected* step : missing) {
        const auto at = first.find(step->step);
        if (seen.contains({event.partition, step->step}) ||
            (at != first.end() && event.accepted_at_s > at->second + change_spreads_within_s))
          differ(DifferenceKind::step_not_planned, step->id, step->channel);
        else
          ++findings_.perhaps_unplanned;
      }
    }
  }
  std::erase_if(unplanned_yet, [&](const Key& event) { return without.contains(event); });
  findings_.on_the_way = distinct(unplanned_yet);
  findings_.no_workflow = distinct(no_workflow);
  look_for_other_plans(std::move(without));
}

// Events of which no step is there that their workflow has now: it may have had others.
void Check::look_for_other_plans(std::set<Key> events) {
  if (events.empty()) return;
  for (const auto& row : facts_.planned) events.erase(row.event);
  for (const auto& row : facts_.unplanned) events.erase(row.event);
  for (const auto& row : facts_.ledger) events.erase(row.event);
  for (const Key& event : events) differ(DifferenceKind::event_not_planned, event);
}

}  // namespace

bool Findings::quiet() const {
  return on_the_way == 0 && behind == 0 && moving == 0 &&
         std::ranges::all_of(channels, [](const auto& entry) { return entry.second.on_the_way == 0; });
}

Findings check(Facts facts) { return Check(std::move(facts)).run(); }

std::vector<Difference> lasting(const std::vector<Difference>& earlier,
                                const std::vector<Difference>& later) {
  std::vector<Difference> both;
  for (const Difference& difference : later)
    if (std::ranges::binary_search(earlier, difference_order(difference), {}, difference_order))
      both.push_back(difference);
  return both;
}

std::string_view to_string(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::event_not_planned: return "event_not_planned";
    case DifferenceKind::step_not_planned: return "step_not_planned";
    case DifferenceKind::plan_without_event: return "plan_without_event";
    case DifferenceKind::not_in_ledger: return "not_in_ledger";
    case DifferenceKind::not_in_log: return "not_in_log";
    case DifferenceKind::not_in_timeline: return "not_in_timeline";
    case DifferenceKind::event_not_in_timeline: return "event_not_in_timeline";
    case DifferenceKind::unfounded_in_timeline: return "unfounded_in_timeline";
    case DifferenceKind::state_differs: return "state_differs";
  }
  return "";
}

std::string_view explain(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::event_not_planned: return "accepted, and neither planned nor skipped";
    case DifferenceKind::step_not_planned:
      return "a step of an accepted event is missing: neither planned nor skipped";
    case DifferenceKind::plan_without_event: return "planned, and its event was never accepted";
    case DifferenceKind::not_in_ledger: return "planned, and the ledger does not have it";
    case DifferenceKind::not_in_log: return "in the ledger, and never planned";
    case DifferenceKind::not_in_timeline: return "planned or skipped, and the timeline does not have it";
    case DifferenceKind::event_not_in_timeline: return "accepted, and the timeline does not have the event";
    case DifferenceKind::unfounded_in_timeline: return "in the timeline, and neither planned nor skipped";
    case DifferenceKind::state_differs: return "ledger and timeline tell different states";
  }
  return "";
}

}  // namespace vestnik::audit
