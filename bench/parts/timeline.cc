// The intake of analytics-service into the embedded store: all facts of so many registrations in one batch
// (an event, two notifications, for each of these `sending` and `sent`), until they are durable.
#include <chrono>

#include "base/clock.h"
#include "parts/embedded_file.h"
#include "parts/samples.h"
#include "store/sqlite/store.h"

namespace vestnik::bench {
namespace {

using namespace store;

constexpr std::int64_t facts_per_registration = 7;

Step step_of(const Notification& n, StepKind kind, std::chrono::milliseconds after) {
  return {.notification_id = n.id,
          .user_id = n.user_id,
          .event_id = n.event_id,
          .channel = n.channel,
          .kind = kind,
          .attempt = 1,
          .provider = n.channel == Channel::email ? "smtp" : "smpp",
          .at = n.planned_at + after,
          .traceparent = n.traceparent};
}

// In the order they come: of all registrations the events, then what was planned, then the steps.
std::vector<Fact> next_facts(std::size_t& number, std::int64_t registrations) {
  using namespace std::chrono_literals;
  std::vector<Fact> facts;
  std::vector<Notification> planned;
  for (std::int64_t i = 0; i < registrations; ++i, ++number) {
    facts.emplace_back(registered_event(number));
    for (Notification& n : planned_notifications(number)) planned.push_back(std::move(n));
  }
  for (const Notification& n : planned) facts.emplace_back(n);
  for (const Notification& n : planned) facts.emplace_back(step_of(n, StepKind::sending, 2ms));
  for (const Notification& n : planned) facts.emplace_back(step_of(n, StepKind::sent, 5ms));
  return facts;
}

void timeline(benchmark::State& state) {
  if (!is_on_disk(state)) return;
  EmbeddedFile file;
  store::sqlite::SqliteStore store(file.database());
  std::size_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Fact> facts = next_facts(number, state.range(0));
    const Timestamp now = registered_event(number).accepted_at + std::chrono::seconds(1);
    state.ResumeTiming();
    const auto batch = std::make_shared<FactBatch>(std::move(facts));
    wait_for<void, Error>([&](auto done) { store.timeline().apply(batch, now, std::move(done)); });
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * facts_per_registration);
}

// 585 registrations are about the 4,096 records of a batch.
BENCHMARK(timeline)->Name("timeline")->Arg(1)->Arg(16)->Arg(585)->UseRealTime();

}  // namespace
}  // namespace vestnik::bench
