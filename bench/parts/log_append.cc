// One append of so many records to the embedded log, until it is durable.
#include <optional>

#include "base/clock.h"
#include "log/sqlite/sqlite_log.h"
#include "parts/embedded_file.h"
#include "parts/samples.h"

namespace vestnik::bench {
namespace {

void log_append(benchmark::State& state) {
  if (!is_on_disk(state)) return;
  EmbeddedFile file;
  log::sqlite::SqliteLog log(file.database(), system_clock());
  const auto batch_size = static_cast<std::size_t>(state.range(0));
  std::vector<Record> batch;
  std::size_t bytes = 0;
  for (std::size_t number = 0; number < batch_size; ++number) {
    batch.push_back(encode(registered_event(number)));
    bytes += batch.back().value.size();
  }
  for (auto _ : state) {
    std::vector<Record> records = batch;
    wait_for<void, log::Error>(
        [&](log::AppendDone done) { log.append("user-events", std::move(records), std::move(done)); });
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["value_bytes"] = static_cast<double>(bytes) / static_cast<double>(batch_size);
}

BENCHMARK(log_append)->Name("log-append")->Arg(1)->Arg(16)->Arg(128)->Arg(1024)->UseRealTime();

}  // namespace
}  // namespace vestnik::bench
