// Looks every second at what must stay within bounds, and closes the intake while it isn't: the room on the
// disk, and how far the consumers are behind. Delivery goes on meanwhile; the intake opens again by itself.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/health.h"
#include "base/metrics.h"
#include "config/config.h"
#include "log/log.h"
#include "net/event_loop.h"
#include "sqlite/disk_reserve.h"
#include "users/intake_gate.h"

namespace vestnik::app {

struct SheddingOptions {
  std::filesystem::path data_dir;  // empty: nothing of this process is kept in a file
  std::optional<std::uint64_t> disk_reserve;
  std::uint64_t lag_max = 0;  // records; 0: no limit, or no intake in this process
  std::string planning_group, email_group, sms_group;
};

class Shedding {
 public:
  using DiskSpaceOf = std::function<std::optional<sqlite::DiskSpace>(const std::filesystem::path&)>;

  // `log`, `gate` and `metrics` must outlive it. Has looked once when it returns.
  Shedding(SheddingOptions options, const log::Log& log, users::IntakeGate& gate, Metrics& metrics,
           DiskSpaceOf disk_space_of = sqlite::disk_space);

  // Looks again and again from now on, on a thread of its own: a disk that hangs holds up nothing else.
  void start();
  void stop();

  // What start() does every second. Not while it is started.
  void look();

  // The disk and the lag, where they are looked at. Any thread, never blocks for long.
  std::vector<Health> health() const;

 private:
  void look_at_disk();
  void look_at_lag();
  void look_later();

  const SheddingOptions options_;
  const log::Log& log_;
  users::IntakeGate& gate_;
  const DiskSpaceOf disk_space_of_;
  sqlite::DiskReserve reserve_;
  bool behind_ = false;
  // None where it isn't looked at: a figure of 0 would read as a full disk.
  prometheus::Gauge* free_ = nullptr;
  prometheus::Gauge* reserved_ = nullptr;
  prometheus::Gauge* lag_ = nullptr;

  mutable std::mutex mutex_;
  Health disk_health_{.part = "disk"}, lag_health_{.part = "lag"};  // under mutex_

  net::EventLoop loop_{"shedding"};
  std::unique_ptr<Timer> timer_;
};

}  // namespace vestnik::app
