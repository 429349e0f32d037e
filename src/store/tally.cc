#include "store/tally.h"

#include <algorithm>
#include <optional>

#include "store/codes.h"
#include "store/error_label.h"
#include "store/timeline_row.h"

namespace vestnik::store {
namespace {

// state_code is below it.
constexpr int error_bucket_stride = 16;

Group group_of(const TimelineRow& row, std::string_view provider) {
  Group group{.channel = row.channel, .provider = std::string(provider)};
  if (row.plan) {
    group.template_name = template_name(*row.plan);
    group.category = row.plan->category;
    group.event_type = row.plan->event_type;
  }
  return group;
}

// The numbers of one row's groups: most of its steps have the same provider.
class RowGroups {
 public:
  RowGroups(const TimelineRow& row, Names& names) : row_(row), names_(names) {}
  int of(std::string_view provider) {
    if (!known_ || provider != provider_) {
      number_ = names_.group(group_of(row_, provider));
      provider_ = provider;
      known_ = true;
    }
    return number_;
  }

 private:
  const TimelineRow& row_;
  Names& names_;
  std::string_view provider_;
  int number_ = 0;
  bool known_ = false;
};

// The earliest of the kind. Its place among equals follows from (attempt, kind), which is the steps' order.
const StepFact* earliest(const TimelineRow& row, StepKind kind) {
  const StepFact* found = nullptr;
  for (const StepFact& step : row.steps)
    if (step.kind == kind && (!found || step.at < found->at)) found = &step;
  return found;
}

bool has_step(const TimelineRow& row, const StepFact& step) {
  const auto same = [&](const StepFact& other) { return other == step; };
  return std::ranges::any_of(row.steps, same);
}

}  // namespace

int error_bucket(StepKind kind, int label) { return label * error_bucket_stride + 1 + code(kind); }
ErrorBucket error_of_bucket(int bucket) {
  return {bucket % error_bucket_stride, bucket / error_bucket_stride};
}

RowKeys keys_of(const TimelineRow& row, Names& names) {
  const StepFact* furthest = furthest_step(row.steps);
  const StepFact* failure = last_failure(row.steps);
  return {.state = state_code(row),
          .first_at = first_at(row),
          .group = names.group(group_of(row, furthest ? furthest->provider : "")),
          .error = failure ? names.label(error_label(failure->answer)) : no_label};
}

void Tally::event(const AcceptedFact* before, const AcceptedFact& after) {
  const auto count = [&](const AcceptedFact& event, int sign) {
    deltas_.add(Measure::accepted, event.accepted_at, names_.group({.event_type = event.event_type}), 0,
                sign);
  };
  if (!before) deltas_.add({.kind = kinds::events}, 1);
  if (before && before->accepted_at == after.accepted_at && before->event_type == after.event_type) return;
  if (before) count(*before, -1);
  count(after, +1);
}

void Tally::row(const TimelineRow* before, const TimelineRow& after) {
  if (before) {
    count_state(*before, -1);
    count_rates(*before, -1);
    count_latencies(*before, -1);
  }
  count_state(after, +1);
  count_rates(after, +1);
  count_latencies(after, +1);
  // A step's group follows from the plan, so what has the same plan differs by its other steps only.
  const bool same_plan = before && before->plan == after.plan;
  if (before) count_steps(*before, same_plan ? &after : nullptr, -1);
  count_steps(after, same_plan ? before : nullptr, +1);
  if (after.plan && !same_plan) {
    const auto planned = [&](const TimelineRow& row, int sign) {
      deltas_.add(Measure::steps, row.plan->planned_at, names_.group(group_of(row, "")), 0, sign);
    };
    if (before && before->plan) planned(*before, -1);
    planned(after, +1);
  }
}

void Tally::count_state(const TimelineRow& row, int sign) {
  const bool sandboxed = std::ranges::any_of(row.steps, &StepFact::sandbox);
  deltas_.add({kinds::state, sandboxed ? sandboxed_slot : 0, code(row.channel), state_code(row)}, sign);
}

void Tally::count_rates(const TimelineRow& row, int sign) {
  if (row.plan) deltas_.add({kinds::planned, second_of(row.plan->planned_at), code(row.channel), 0}, sign);
  if (const StepFact* sent = earliest(row, StepKind::sent))
    deltas_.add({kinds::sent, second_of(sent->at), code(row.channel), 0}, sign);
}

void Tally::count_steps(const TimelineRow& row, const TimelineRow* except, int sign) {
  RowGroups groups(row, names_);
  for (const StepFact& step : row.steps) {
    if (step.kind == StepKind::sending || (except && has_step(*except, step))) continue;
    const int group = groups.of(step.provider);
    deltas_.add(Measure::steps, step.at, group, 1 + code(step.kind), sign);
    if (is_failure(step.kind))
      deltas_.add(Measure::errors, step.at, group,
                  error_bucket(step.kind, names_.label(error_label(step.answer))), sign);
  }
}

void Tally::count_latencies(const TimelineRow& row, int sign) {
  RowGroups groups(row, names_);
  const auto add = [&](Measure measure, Timestamp from, Timestamp to, std::string_view provider) {
    deltas_.add(measure, to, groups.of(provider), latency_bucket(from, to), sign);
  };
  const StepFact* sent = earliest(row, StepKind::sent);
  const StepFact* delivered = earliest(row, StepKind::delivered);
  if (row.plan) add(Measure::accepted_to_planned, row.plan->accepted_at, row.plan->planned_at, "");
  if (row.plan && sent) {
    add(Measure::planned_to_sent, row.plan->planned_at, sent->at, sent->provider);
    add(Measure::accepted_to_sent, row.plan->accepted_at, sent->at, sent->provider);
  }
  if (sent && delivered) add(Measure::sent_to_delivered, sent->at, delivered->at, sent->provider);
}

}  // namespace vestnik::store
