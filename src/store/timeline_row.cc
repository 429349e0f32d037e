#include "store/timeline_row.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "store/codes.h"
#include "store/error_label.h"
#include "store/packed.h"

namespace vestnik::store {
namespace {

constexpr std::int64_t row_layout = 2;
// Without category and recipient.
constexpr std::int64_t layout_without_recipient = 1;

// How far a step is. Attempts count only among the steps of trying; what ends a delivery ranks above them
// all.
std::tuple<int, int, int> rank(const StepFact& step) {
  switch (step.kind) {
    case StepKind::retried: return {1, step.attempt, 3};
    case StepKind::sending: return {1, step.attempt, 0};
    case StepKind::deferred: return {1, step.attempt, 1};
    case StepKind::in_doubt: return {1, step.attempt, 2};
    case StepKind::expired: return {2, 0, step.attempt};
    case StepKind::suppressed: return {2, 1, step.attempt};
    case StepKind::skipped: return {2, 2, step.attempt};
    case StepKind::dead: return {2, 3, step.attempt};
    case StepKind::discarded: return {2, 4, step.attempt};
    case StepKind::sent: return {3, 0, step.attempt};
    case StepKind::bounced: return {4, 0, step.attempt};
    case StepKind::delivered: return {5, 0, step.attempt};
  }
  return {0, 0, 0};
}

Timestamp updated_at(const TimelineRow& row) {
  Timestamp latest = row.plan ? row.plan->planned_at : Timestamp::min();
  for (const StepFact& step : row.steps) latest = std::max(latest, step.at);
  return latest;
}

std::vector<TimelineEntry> entries_of(const TimelineRow& row, std::optional<Timestamp> accepted_at) {
  std::vector<StepFact> steps = row.steps;
  std::ranges::sort(steps, [](const StepFact& a, const StepFact& b) {
    return std::pair(a.at, rank(a)) < std::pair(b.at, rank(b));
  });
  std::vector<TimelineEntry> entries;
  if (accepted_at) entries.push_back({.at = *accepted_at, .what = "accepted"});
  if (row.plan) entries.push_back({.at = row.plan->planned_at, .what = "planned"});
  for (StepFact& step : steps)
    entries.push_back({step.at, std::string(to_string(step.kind)), step.attempt, std::move(step.provider),
                       std::move(step.answer), step.due_at});
  return entries;
}

}  // namespace

const StepFact* furthest_step(std::span<const StepFact> steps) {
  // What gave up an attempt that was retried since counts no more. What ended it after that, before another
  // attempt began (it expired, or was suppressed), has the same attempt and is told by its time.
  const StepFact* retried = nullptr;
  int last_attempt = 0;
  for (const StepFact& step : steps) {
    last_attempt = std::max(last_attempt, step.attempt);
    if (step.kind == StepKind::retried && (!retried || retried->attempt < step.attempt)) retried = &step;
  }
  const auto standing = [&](const StepFact& step) {
    return !retried || &step == retried || step.attempt > retried->attempt ||
           rank(step) >= std::tuple(3, 0, 0) || (step.attempt == last_attempt && step.at > retried->at);
  };
  const StepFact* furthest = nullptr;
  for (const StepFact& step : steps)
    if (standing(step) && (!furthest || rank(*furthest) < rank(step))) furthest = &step;
  return furthest;
}

int state_code(const TimelineRow& row) {
  const StepFact* step = furthest_step(row.steps);
  return step ? 1 + code(step->kind) : 0;
}

std::string_view state_name(int state_code) {
  for (const StepKind kind : all_step_kinds)
    if (1 + code(kind) == state_code) return to_string(kind);
  return "planned";
}

Timestamp first_at(const TimelineRow& row) {
  Timestamp first = row.plan ? std::min(row.plan->accepted_at, row.plan->planned_at) : Timestamp::max();
  for (const StepFact& step : row.steps) first = std::min(first, step.at);
  return first;
}

const StepFact* last_failure(std::span<const StepFact> steps) {
  const StepFact* last = nullptr;
  for (const StepFact& step : steps)
    if (is_failure(step.kind) && (!last || std::pair(last->at, rank(*last)) < std::pair(step.at, rank(step))))
      last = &step;
  return last;
}

std::string_view template_name(const PlanFact& plan) {
  return std::string_view(plan.template_version).substr(0, plan.template_version.find('@'));
}

NotificationView view_of(const TimelineRow& row, const std::optional<AcceptedFact>& event,
                         bool with_timeline) {
  NotificationView view;
  view.id.value = unpack_id(row.id);
  view.user_id.value = unpack_id(row.user_id);
  view.event_id.value = unpack_id(row.event_id);
  view.channel = row.channel;
  std::optional<Timestamp> accepted_at;
  if (event) {
    view.event_type = event->event_type;
    accepted_at = event->accepted_at;
  }
  if (row.plan) {
    view.event_type = row.plan->event_type;
    view.template_version = row.plan->template_version;
    view.category = row.plan->category;
    view.recipient = row.plan->recipient;
    accepted_at = row.plan->accepted_at;
  }
  view.accepted_at = accepted_at.value_or(Timestamp{});
  view.updated_at = updated_at(row);
  view.state = state_name(state_code(row));
  if (const StepFact* furthest = furthest_step(row.steps)) view.provider = furthest->provider;
  if (const StepFact* failure = last_failure(row.steps)) view.error = error_label(failure->answer);
  for (const StepFact& step : row.steps) {
    view.sandbox = view.sandbox || step.sandbox;
    view.attempt = std::max(view.attempt, step.attempt);
  }
  if (with_timeline) view.timeline = entries_of(row, accepted_at);
  return view;
}

std::string pack_facts(const TimelineRow& row) {
  Packer out;
  out.integer(row_layout);
  out.text(row.user_id);
  out.text(row.event_id);
  out.integer(code(row.channel));
  out.integer(row.plan ? 1 : 0);
  if (row.plan) {
    out.text(row.plan->event_type);
    out.text(row.plan->template_version);
    out.time(row.plan->accepted_at);
    out.time(row.plan->planned_at);
    out.text(row.plan->category);
    out.text(row.plan->recipient);
    out.integer(row.plan->recipient_digest);
  }
  out.integer(static_cast<std::int64_t>(row.steps.size()));
  for (const StepFact& step : row.steps) {
    out.integer(step.attempt);
    out.integer(code(step.kind));
    out.time(step.at);
    out.text(step.provider);
    out.text(step.answer);
    out.integer(step.sandbox ? 1 : 0);
    out.time(step.due_at);
  }
  return out.take();
}

TimelineRow unpack_facts(std::string_view id_packed, std::string_view facts) {
  Unpacker in(facts);
  const std::int64_t written = in.integer();
  if (written != row_layout && written != layout_without_recipient)
    throw DamagedValue("a stored timeline has an unknown layout");
  TimelineRow row;
  row.id = id_packed;
  row.user_id = in.text();
  row.event_id = in.text();
  row.channel = channel_of(in.integer());
  if (in.integer() != 0) {
    PlanFact plan;
    plan.event_type = in.text();
    plan.template_version = in.text();
    plan.accepted_at = in.time();
    plan.planned_at = in.time();
    if (written != layout_without_recipient) {
      plan.category = in.text();
      plan.recipient = in.text();
      plan.recipient_digest = in.integer();
    }
    row.plan = std::move(plan);
  }
  for (std::int64_t left = in.integer(); left > 0; --left) {
    StepFact step;
    step.attempt = static_cast<int>(in.integer());
    step.kind = step_kind_of(in.integer());
    step.at = in.time();
    step.provider = in.text();
    step.answer = in.text();
    step.sandbox = in.integer() != 0;
    step.due_at = in.optional_time();
    row.steps.push_back(std::move(step));
  }
  return row;
}

}  // namespace vestnik::store
