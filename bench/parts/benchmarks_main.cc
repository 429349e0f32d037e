// bench-parts: Google Benchmark over every part; --help lists its options.
#include <benchmark/benchmark.h>
#include <filesystem>
#include <string>

#include "parts/embedded_file.h"
#include "parts/part.h"

namespace vestnik::bench {
namespace {

void run(benchmark::State& state, const Part& part) {
  Work work = part.prepare();
  for (auto _ : state) work();
  state.SetItemsProcessed(state.iterations());
}

void register_parts() {
  for (const Part& part : parts())
    benchmark::RegisterBenchmark(std::string(part.name).c_str(),
                                 [part](benchmark::State& state) { run(state, part); });
}

}  // namespace
}  // namespace vestnik::bench

int main(int count, char** arguments) {
  vestnik::bench::register_parts();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::AddCustomContext("data_directory", std::filesystem::temp_directory_path().string());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
