// bench-append: how many records a second a log takes through the log seam, each told when it is durable,
// with so many under way at a time: what bench-fdatasync does on a bare file and bench-produce on librdkafka.
#include <CLI/CLI.hpp>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>

#include "base/json.h"
#include "bench/load/noise.h"
#include "bench/load/reactor.h"
#include "log/kafka/kafka_log.h"
#include "log/sqlite/sqlite_log.h"

namespace vestnik::bench {
namespace {

struct Options {
  std::string directory;    // the embedded log's
  std::string brokers;      // Kafka's
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
    return !std::exchange(failed_, false);
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_ = 0;
  bool failed_ = false;
};

// The database belongs to the embedded log; Kafka has none.
struct Opened {
  std::unique_ptr<sqlite::Database> database;
  std::unique_ptr<log::Log> log;
};

Opened open(const Options& options) {
  if (!options.brokers.empty())
    return {nullptr, std::make_unique<log::kafka::KafkaLog>(log::kafka::Options{
                         .brokers = options.brokers, .topics = {"records"}, .partitions = 1})};
  Opened opened{sqlite::Database::open({.directory = options.directory}), nullptr};
  opened.log = std::make_unique<log::sqlite::SqliteLog>(*opened.database, system_clock(),
                                                        log::sqlite::Options{.partitions = 1});
  return opened;
}

// Before the clock starts: connections, the topic.
bool append_one(log::Log& log, const Record& record) {
  Batch batch;
  for (int attempt = 0; attempt < 20; ++attempt) {
    batch.begin(1);
    log.append("records", {record},
               [&batch](Result<void, log::Error> result) { batch.one_done(result.has_value()); });
    if (batch.wait()) return true;
  }
  return false;
}

json::object measure(const Options& options) {
  const Opened opened = open(options);
  log::Log& log = *opened.log;
  std::vector<Record> pool;
  for (std::string& value : noise(options.bytes)) pool.push_back({"user", std::move(value), {}});
  if (!append_one(log, pool.front())) throw std::runtime_error("the log does not take records");
  const std::uint64_t begun = now_ns(), until = begun + static_cast<std::uint64_t>(options.seconds * 1e9);
  std::uint64_t now = begun, records = 0;
  Batch batch;
  for (; now < until; now = now_ns()) {
    batch.begin(options.batch);
    for (std::size_t i = 0; i < options.batch; ++i)
      log.append("records", {pool[(records + i) % pool.size()]},
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
          {"cpu_seconds", cpu_seconds()}};
}

}  // namespace
}  // namespace vestnik::bench

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  Options options;
  CLI::App app("Appends records to a log for some seconds; prints one line of JSON.");
  auto* const log = app.add_option_group("log");
  log->add_option("--dir", options.directory, "Embedded: data directory, made if missing");
  log->add_option("--brokers", options.brokers, "Kafka: host:port");
  log->require_option(1);
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
