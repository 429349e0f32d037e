#include "audit/collect.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "model/notification.h"
#include "model/step.h"

namespace vestnik::audit {
namespace {

using Offsets = std::map<std::int32_t, std::int64_t>;  // by partition

bool below(const Offsets& committed, const log::TopicPartition& partition, std::int64_t offset) {
  const auto known = committed.find(partition.partition);
  return known != committed.end() && offset < known->second;
}

bool is_cut(const std::vector<log::PartitionRange>& ranges) {
  return std::ranges::any_of(ranges, [](const log::PartitionRange& range) { return range.first > 0; });
}

// A step in the outbox.
struct Untold {
  Key id;
  int attempt = 0;
  StepKind kind = StepKind::sending;
  bool told = false;  // analytics-service has it all the same: the store forgets such steps at its leisure
};
auto step_order(const Untold& step) { return std::tie(step.id, step.attempt, step.kind); }

class Collection {
 public:
  Collection(const Sources& sources, const StepsOf& steps_of, Ids& ids, const Progress& progress)
      : sources_(sources), steps_of_(steps_of), ids_(ids), progress_(progress) {}

  // The order is that of Facts, and matters.
  Facts run() {
    read_committed();
    read_store();
    const auto steps = sources_.log.partitions(sources_.analytics_events);
    const auto plans = sources_.log.partitions(sources_.notification_events);
    const auto events = sources_.log.partitions(sources_.user_events);
    facts_.analytics_events_cut = is_cut(steps);
    facts_.notification_events_cut = is_cut(plans);
    facts_.user_events_cut = is_cut(events);
    for (LedgerRow& row : facts_.ledger) row.log_is_cut &= facts_.notification_events_cut;

    read(steps, [this](const log::TopicPartition& from, std::int64_t offset, const Record& record) {
      return take_step(from, offset, record);
    });
    for (const Untold& step : outbox_)
      if (!step.told) facts_.moving.push_back(step.id);
    read(plans, [this](const log::TopicPartition& from, std::int64_t offset, const Record& record) {
      return take_plan(from, offset, record);
    });
    read(events, [this](const log::TopicPartition& from, std::int64_t offset, const Record& record) {
      return take_event(from, offset, record);
    });
    return std::move(facts_);
  }

 private:
  void read_committed();
  void read_store();
  template <class Take>
  void read(const std::vector<log::PartitionRange>& ranges, const Take& take);
  // False: the record can't be read.
  bool take_step(const log::TopicPartition& from, std::int64_t offset, const Record& record);
  bool take_plan(const log::TopicPartition& from, std::int64_t offset, const Record& record);
  bool take_event(const log::TopicPartition& from, std::int64_t offset, const Record& record);

  const Sources& sources_;
  const StepsOf& steps_of_;
  Ids& ids_;
  const Progress& progress_;
  Facts facts_;
  std::vector<Untold> outbox_;  // sorted

  Offsets planned_;                                // notification-service in user-events
  std::map<Channel, Offsets> admitted_;            // the channels in notification-events
  Offsets events_seen_, plans_seen_, steps_seen_;  // analytics-service
};

void Collection::read_committed() {
  progress_("what the services have let go", 0, 0);
  log::Reader& log = sources_.log;
  planned_ = log.committed(sources_.notification_service, sources_.user_events);
  for (const auto& [channel, group] : sources_.channel_services)
    admitted_[channel] = log.committed(group, sources_.notification_events);
  events_seen_ = log.committed(sources_.analytics_service, sources_.user_events);
  plans_seen_ = log.committed(sources_.analytics_service, sources_.notification_events);
  steps_seen_ = log.committed(sources_.analytics_service, sources_.analytics_events);
}

void Collection::read_store() {
  std::int64_t rows = 0;
  sources_.store.deliveries([&](const store::LedgerItem& item) {
    progress_("ledger", ++rows, 0);
    facts_.ledger.push_back({.id = ids_.key(item.id.value),
                             .event = ids_.key(item.event_id.value),
                             .channel = item.channel,
                             .state = item.state,
                             .log_is_cut = true});
  });
  sources_.store.outbox([&](const Step& step) {
    outbox_.push_back({ids_.key(step.notification_id.value), step.attempt, step.kind});
  });
  std::ranges::sort(outbox_, {}, step_order);
  rows = 0;
  sources_.store.timeline([&](const store::TimelineItem& item) {
    progress_("timeline", ++rows, 0);
    facts_.timeline.push_back(
        {.id = ids_.key(item.id.value), .channel = item.channel, .state = parse_step_kind(item.state)});
  });
  sources_.store.events(
      [&](const EventId& event) { facts_.timeline_events.push_back(ids_.key(event.value)); });
}

template <class Take>
void Collection::read(const std::vector<log::PartitionRange>& ranges, const Take& take) {
  std::int64_t all = 0, done = 0;
  for (const log::PartitionRange& range : ranges) all += range.end - range.first;
  for (const log::PartitionRange& range : ranges)
    sources_.log.read(range, [&](std::int64_t offset, const Record& record) {
      progress_(range.partition.topic, ++done, all);
      if (!take(range.partition, offset, record)) ++facts_.unreadable;
    });
}

bool Collection::take_step(const log::TopicPartition& from, std::int64_t offset, const Record& record) {
  const auto step = decode_step(record);
  if (!step) return false;
  const Key id = ids_.key(step->notification_id.value);
  const bool analysed = below(steps_seen_, from, offset);
  if (!analysed) {
    facts_.moving.push_back(id);
  } else {
    const Untold same{id, step->attempt, step->kind};
    const auto untold = std::ranges::lower_bound(outbox_, step_order(same), {}, step_order);
    if (untold != outbox_.end() && step_order(*untold) == step_order(same)) untold->told = true;
  }
  if (step->kind == StepKind::skipped || (step->kind == StepKind::dead && step->attempt == 0))
    facts_.unplanned.push_back({.id = id,
                                .event = ids_.key(step->event_id.value),
                                .channel = step->channel,
                                .kind = step->kind,
                                .analysed = analysed});
  return true;
}

bool Collection::take_plan(const log::TopicPartition& from, std::int64_t offset, const Record& record) {
  const auto plan = decode_notification(record);
  if (!plan) return false;
  const auto service = admitted_.find(plan->channel);
  facts_.planned.push_back({.id = ids_.key(plan->id.value),
                            .event = ids_.key(plan->event_id.value),
                            .channel = plan->channel,
                            .let_go = service != admitted_.end() && below(service->second, from, offset),
                            .analysed = below(plans_seen_, from, offset)});
  return true;
}

bool Collection::take_event(const log::TopicPartition& from, std::int64_t offset, const Record& record) {
  const auto event = decode_user_event(record);
  if (!event) return false;
  const auto place = static_cast<std::uint32_t>(facts_.accepted.size());
  for (const WorkflowStep& step : steps_of_(*event))
    facts_.expected.push_back(
        {.id = ids_.key(step.id.value), .accepted = place, .step = step.step, .channel = step.channel});
  facts_.accepted.push_back(
      {.event = ids_.key(event->event_id.value),
       .accepted_at_s = static_cast<std::uint32_t>(to_unix_us(event->accepted_at) / 1'000'000),
       .partition = static_cast<std::uint16_t>(from.partition),
       .let_go = below(planned_, from, offset),
       .analysed = below(events_seen_, from, offset)});
  return true;
}

}  // namespace

Facts collect(const Sources& sources, const StepsOf& steps_of, Ids& ids, const Progress& progress) {
  return Collection(sources, steps_of, ids, progress).run();
}

}  // namespace vestnik::audit
