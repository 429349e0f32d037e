// bench-append: how many records a second the embedded log takes, each told when it is durable, with so many
// under way at any moment: what bench-fdatasync does on a bare file, through the log seam.
#include <CLI/CLI.hpp>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>

#include "base/json.h"
#include "bench/load/reactor.h"
#include "log/sqlite/sqlite_log.h"

namespace vestnik::bench {
namespace {

struct Options {
  std::string directory;
  std::size_t bytes = 200;  // a record's value
  std::size_t batch = 1;    // appends under way
  double seconds = 5;
};

// Waits for a batch of appends, as its callers would: then the next one goes.
class Batch {
 public:
  void begin(std::size_t count) { left_ = count; }
  void one_done(bool well) {
    const std::lock_guard lock(mutex_);
    failed_ |= !well;
    if (--left_ == 0) done_.notify_one();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
    return !failed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_ = 0;
  bool failed_ = false;
};

json::object measure(const Options& options) {
  auto database = sqlite::Database::open({.directory = options.directory});
  log::sqlite::SqliteLog log(*database, system_clock(), {.partitions = 1});
  const Record record{"user", std::string(options.bytes, 'v'), {}};
  const std::uint64_t begun = now_ns(), until = begun + static_cast<std::uint64_t>(options.seconds * 1e9);
  const std::uint64_t commits = database->counters().commits;
  std::uint64_t now = begun, records = 0;
  Batch batch;
  for (; now < until; now = now_ns()) {
    batch.begin(options.batch);
    for (std::size_t i = 0; i < options.batch; ++i)
      log.append("records", {record},
                 [&batch](Result<void, log::Error> result) { batch.one_done(result.has_value()); });
    if (!batch.wait()) throw std::runtime_error("the log did not take a record");
    records += options.batch;
  }
  const double seconds = static_cast<double>(now - begun) / 1e9;
  return {{"tool", "bench-append"},
          {"bytes", options.bytes},
          {"batch", options.batch},
          {"seconds", seconds},
          {"records_per_second", static_cast<double>(records) / seconds},
          {"syncs_per_second", static_cast<double>(database->counters().commits - commits) / seconds},
          {"cpu_seconds", cpu_seconds()}};
}

}  // namespace
}  // namespace vestnik::bench

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  Options options;
  CLI::App app("Appends records to an embedded log for some seconds; prints one line of JSON.");
  app.add_option("--dir", options.directory, "Data directory, made if missing")->required();
  app.add_option("--bytes", options.bytes, "Of one record's value")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Appends under way at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long")->check(CLI::PositiveNumber)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    fmt::print("{}\n", vestnik::json::serialize(measure(options)));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-append: {}\n", error.what());
    return 1;
  }
}
