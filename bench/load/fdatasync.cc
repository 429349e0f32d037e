// bench-fdatasync: how many records a second a file takes when each batch is made durable before the next:
// the most that any log on this disk can do with batches of that size.
#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "bench/load/latencies.h"
#include "bench/load/noise.h"
#include "bench/load/reactor.h"

namespace vestnik::bench {
namespace {

struct Options {
  std::string file;
  std::size_t bytes = 200;  // a record
  std::size_t batch = 1;    // records between two fdatasync
  double seconds = 5;
};

struct RemovedAtTheEnd {
  const std::string& path;
  ~RemovedAtTheEnd() { ::unlink(path.c_str()); }
};

// The file is appended to, as a log is: fdatasync writes its new length too.
json::object measure(const Options& options, const Descriptor& file) {
  const std::string batch = noise(options.bytes * options.batch, 1).front();
  Latencies latencies;
  const std::uint64_t begun = now_ns(), until = begun + static_cast<std::uint64_t>(options.seconds * 1e9);
  std::uint64_t now = begun;
  while (now < until) {
    const ssize_t written = ::write(file.get(), batch.data(), batch.size());
    if (written < 0) throw_errno("can't write " + options.file);
    if (static_cast<std::size_t>(written) != batch.size())
      throw std::runtime_error("can't write " + options.file + ": the disk is full");
    if (::fdatasync(file.get()) != 0) throw_errno("can't sync " + options.file);
    const std::uint64_t done = now_ns();
    latencies.add(done - now);
    now = done;
  }
  const double seconds = static_cast<double>(now - begun) / 1e9;
  const auto syncs = static_cast<double>(latencies.count());
  return {{"tool", "bench-fdatasync"},
          {"bytes", options.bytes},
          {"batch", options.batch},
          {"seconds", seconds},
          {"records_per_second", syncs * static_cast<double>(options.batch) / seconds},
          {"syncs_per_second", syncs / seconds},
          {"latency_us", latencies.summary_us()},
          {"cpu_seconds", cpu_seconds()}};
}

}  // namespace
}  // namespace vestnik::bench

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  Options options;
  CLI::App app("Appends batches to a file, each with fdatasync, for some seconds; prints one line of JSON.");
  app.add_option("--file", options.file, "Made anew and removed at the end")->required();
  app.add_option("--bytes", options.bytes, "Of one record")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Records in a batch")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long")->check(CLI::PositiveNumber)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    const Descriptor file(::open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file.is_open()) throw_errno("can't make " + options.file + " (it must not exist yet)");
    const RemovedAtTheEnd removed{options.file};
    fmt::print("{}\n", vestnik::json::serialize(measure(options, file)));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-fdatasync: {}\n", error.what());
    return 1;
  }
}
