#include <algorithm>

#include "analytics/tail.h"
#include "base/json_writer.h"
#include "net/event_stream.h"
#include "store/packed.h"

namespace vestnik::analytics {
namespace {

constexpr std::size_t event_bytes_usual = 512;

bool wants(const TailFilter& filter, std::string_view what) {
  return filter.what.empty() || std::ranges::find(filter.what, what) != filter.what.end();
}

bool wants(const TailFilter& filter, const store::TimelineRow& row) {
  return (!filter.channel || row.channel == *filter.channel) &&
         (filter.user_id.empty() || row.user_id == filter.user_id) &&
         (filter.notification_id.empty() || row.id == filter.notification_id);
}

// What only a notification has may have been asked for.
bool wants(const TailFilter& filter, const store::AcceptedFact& event) {
  return !filter.channel && filter.provider.empty() && filter.notification_id.empty() &&
         (filter.user_id.empty() || event.user_id == filter.user_id);
}

std::string id_of(std::string_view notification_id, int attempt, std::string_view what) {
  return std::string(notification_id) + "/" + std::to_string(attempt) + "/" + std::string(what);
}

void append_accepted(std::string& out, const store::AcceptedFact& event) {
  const std::string event_id = store::unpack_id(event.event_id);
  JsonWriter data(event_bytes_usual);
  data.text("at", format_rfc3339(event.accepted_at))
      .text("what", "accepted")
      .text("user_id", store::unpack_id(event.user_id))
      .text("event_id", event_id)
      .text("event_type", event.event_type);
  net::append_event(out, "step", event_id, data.finish());
}

void append_step(std::string& out, const store::TimelineRow& row, const store::StepFact* step) {
  const std::string notification_id = store::unpack_id(row.id);
  const std::string_view what = step ? to_string(step->kind) : "planned";
  JsonWriter data(event_bytes_usual);
  data.text("at", format_rfc3339(step ? step->at : row.plan->planned_at))
      .text("what", what)
      .text("notification_id", notification_id)
      .text("user_id", store::unpack_id(row.user_id))
      .text("event_id", store::unpack_id(row.event_id))
      .text("channel", to_string(row.channel));
  if (row.plan)
    data.text_unless_empty("event_type", row.plan->event_type)
        .text_unless_empty("template", row.plan->template_version)
        .text_unless_empty("category", row.plan->category);
  if (step) {
    if (step->attempt > 0) data.integer("attempt", step->attempt);
    data.text_unless_empty("provider", step->provider).text_unless_empty("answer", step->answer);
    if (step->due_at) data.text("due_at", format_rfc3339(*step->due_at));
    if (step->sandbox) data.json("sandbox", "true");
  }
  net::append_event(out, "step", id_of(notification_id, step ? step->attempt : 0, what), data.finish());
}

}  // namespace

TailPage::TailPage(std::shared_ptr<const store::FactBatch> facts, const TailFilter& filter)
    : facts_(std::move(facts)) {
  if (wants(filter, "accepted"))
    for (const store::AcceptedFact& event : facts_->events())
      if (wants(filter, event)) entries_.push_back({.at = event.accepted_at, .event = &event});
  const bool wants_plans = wants(filter, "planned") && filter.provider.empty();
  for (const store::TimelineRow& row : facts_->rows()) {
    if (!wants(filter, row)) continue;
    if (row.plan && wants_plans) entries_.push_back({.at = row.plan->planned_at, .row = &row});
    for (const store::StepFact& step : row.steps)
      if (wants(filter, to_string(step.kind)) &&
          (filter.provider.empty() || step.provider == filter.provider))
        entries_.push_back({.at = step.at, .row = &row, .step = &step});
  }
  std::ranges::stable_sort(entries_, {}, &Entry::at);
}

void TailPage::write(std::string& out, std::size_t bytes_max) {
  for (; next_ < entries_.size() && out.size() < bytes_max; ++next_) {
    const Entry& entry = entries_[next_];
    if (entry.event)
      append_accepted(out, *entry.event);
    else
      append_step(out, *entry.row, entry.step);
  }
}

}  // namespace vestnik::analytics
