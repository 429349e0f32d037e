#include "app/process_metrics.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "app/version.h"
#include "base/clock.h"

namespace vestnik::app {
namespace {

// Pages that are in memory: the second field of proc_pid_statm(5).
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    ++count;
  return count > 0 ? count - 1 : 0;  // without the one that looks
}

double open_files_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void add_process_metrics(Metrics& metrics) {
  metrics
      .gauge("vestnik_build_info", "1, labelled with what this process was built from",
             {{"version", std::string(version_text)}})
      .Set(1);
  metrics.gauge("process_start_time_seconds", "When this process began, in seconds since 1970-01-01")
      .Set(static_cast<double>(to_unix_us(system_clock().now())) / 1e6);
  metrics.gauge("process_max_fds", "Files that this process may have open").Set(open_files_max());
  auto& cpu = metrics.counter("process_cpu_seconds_total", "Processor time spent, user and system");
  auto& resident = metrics.gauge("process_resident_memory_bytes", "Memory that is resident");
  auto& files = metrics.gauge("process_open_fds", "Files that are open");
  metrics.before_collect([&cpu, &resident, &files] {
    cpu.Increment(cpu_seconds() - cpu.Value());
    resident.Set(resident_bytes());
    files.Set(open_files());
  });
}

void add_part_metrics(Metrics& metrics, std::function<std::vector<Health>()> parts) {
  metrics.before_collect([&metrics, parts = std::move(parts)] {
    for (const Health& part : parts())
      metrics.gauge("vestnik_part_up", "1 while this part is well, as /readyz says", {{"part", part.part}})
          .Set(part.well ? 1 : 0);
  });
}

}  // namespace vestnik::app
