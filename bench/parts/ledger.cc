// So many deliveries through the ledger of the embedded store: admitted, begun, recorded as sent, each batch
// durable before the next call.
#include <chrono>

#include "base/clock.h"
#include "parts/embedded_file.h"
#include "parts/samples.h"
#include "store/sqlite/store.h"

namespace vestnik::bench {
namespace {

using namespace store;

constexpr Owner owner{.partition = 0, .epoch = 1};
constexpr std::string_view provider = "smtp";

Step step_of(const Notification& n, StepKind kind, std::chrono::milliseconds after) {
  return {.notification_id = n.id,
          .user_id = n.user_id,
          .event_id = n.event_id,
          .channel = n.channel,
          .kind = kind,
          .attempt = 1,
          .provider = std::string(provider),
          .answer = kind == StepKind::sent ? "250 2.0.0 Ok: queued as 4XJ2k31Tz7z9sT" : "",
          .at = n.planned_at + after,
          .traceparent = n.traceparent};
}

struct Batch {
  std::vector<Admission> admissions;
  std::vector<AttemptStart> starts;
  std::vector<Transition> transitions;
  std::vector<std::string> step_ids;
};

// E-mails that no batch before had.
Batch next_batch(std::size_t& number, std::int64_t size) {
  using namespace std::chrono_literals;
  Batch batch;
  for (std::int64_t i = 0; i < size; ++i) {
    Notification n = planned_email(number++);
    batch.starts.push_back({owner, step_of(n, StepKind::sending, 2ms), {}});
    batch.transitions.push_back({.owner = owner, .step = step_of(n, StepKind::sent, 5ms)});
    batch.step_ids.push_back(batch.starts.back().step.id());
    batch.step_ids.push_back(batch.transitions.back().step.id());
    batch.admissions.push_back({std::move(n), owner});
  }
  return batch;
}

// Adds what `operation` takes to `total_us`.
template <class Operation>
auto timed(double& total_us, Operation operation) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = operation();
  total_us += std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

void ledger(benchmark::State& state) {
  if (!is_on_disk(state)) return;
  EmbeddedFile file;
  store::sqlite::SqliteStore store(file.database());
  Ledger& ledger = store.ledger();
  std::size_t number = 0;
  double admit_us = 0, begin_us = 0, record_us = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Batch batch = next_batch(number, state.range(0));
    const Timestamp now = batch.admissions.front().notification.planned_at;
    state.ResumeTiming();
    const auto admitted = timed(admit_us, [&] {
      return wait_for<std::vector<bool>, Error>(
          [&](auto done) { ledger.admit(std::move(batch.admissions), now, std::move(done)); });
    });
    const auto begun = timed(begin_us, [&] {
      return wait_for<std::vector<Beginning>, Error>(
          [&](auto done) { ledger.begin_attempts(std::move(batch.starts), std::move(done)); });
    });
    const auto recorded = timed(record_us, [&] {
      return wait_for<Ledger::Recorded, Error>(
          [&](auto done) { ledger.record(std::move(batch.transitions), std::move(done)); });
    });
    require(admitted.back() && begun.back().kind == Beginning::Kind::begun && recorded.applied.back(),
            "the ledger moves the sample e-mails on");
    ledger.told(std::move(batch.step_ids));  // with the next batch, as the engine does it
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["admit_us"] = admit_us / iterations;
  state.counters["begin_us"] = begin_us / iterations;
  state.counters["record_us"] = record_us / iterations;
}

BENCHMARK(ledger)->Name("ledger")->Arg(1)->Arg(128)->Arg(512)->UseRealTime();

}  // namespace
}  // namespace vestnik::bench
