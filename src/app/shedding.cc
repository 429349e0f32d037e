#include "app/shedding.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "app/service.h"
#include "base/byte_size.h"
#include "base/logging.h"

namespace vestnik::app {
namespace {

constexpr std::chrono::seconds interval{1};

std::string disk_detail(const sqlite::DiskReserve& reserve, const std::filesystem::path& directory) {
  std::string figures = fmt::format(
      "{} of {} are free on the disk of {}, the reserve is {} (VESTNIK_DISK_RESERVE)",
      describe_byte_size(reserve.space().free_bytes), describe_byte_size(reserve.space().total_bytes),
      directory.string(), describe_byte_size(reserve.reserve_bytes()));
  if (reserve.is_short())
    figures += fmt::format(
        ": nothing new is accepted, delivery goes on; make room, at {} it accepts again by itself",
        describe_byte_size(reserve.resume_bytes()));
  return figures;
}

}  // namespace

Shedding::Shedding(SheddingOptions options, const log::Log& log, users::IntakeGate& gate, Metrics& metrics,
                   DiskSpaceOf disk_space_of)
    : options_(std::move(options)),
      log_(log),
      gate_(gate),
      disk_space_of_(std::move(disk_space_of)),
      reserve_(options_.disk_reserve) {
  if (!options_.data_dir.empty()) {
    free_ = &metrics.gauge("vestnik_disk_free_bytes", "Free on the disk of the embedded file");
    reserved_ = &metrics.gauge("vestnik_disk_reserve_bytes",
                               "Free room on that disk below which nothing new is accepted");
  }
  if (options_.lag_max > 0)
    lag_ = &metrics.gauge("vestnik_intake_lag_records",
                          "Records accepted and not yet in the ledger, as far as this process consumes them");
  look();
}

void Shedding::start() {
  loop_.start();
  loop_.post([this] { look_later(); });
}

void Shedding::stop() {
  run_and_wait(loop_, [this](auto done) {
    timer_.reset();
    done();
  });
  loop_.stop();
}

void Shedding::look_later() {
  timer_ = loop_.after(interval, [this] {
    look();
    look_later();
  });
}

void Shedding::look() {
  if (!options_.data_dir.empty()) look_at_disk();
  if (options_.lag_max > 0) look_at_lag();
}

void Shedding::look_at_disk() {
  const auto space = disk_space_of_(options_.data_dir);
  // Nothing is known then; if it is the disk's fault, the next write meets it.
  if (!space) return;
  const bool was_short = reserve_.is_short();
  reserve_.look(*space);
  free_->Set(static_cast<double>(space->free_bytes));
  reserved_->Set(static_cast<double>(reserve_.reserve_bytes()));
  const std::string detail = disk_detail(reserve_, options_.data_dir);
  {
    const std::lock_guard lock(mutex_);
    disk_health_ = {"disk", !reserve_.is_short(), detail};
  }
  if (reserve_.is_short() == was_short) return;
  if (reserve_.is_short()) {
    logging::error("intake", "the disk is nearly full, nothing new is accepted", {{"detail", detail}});
    gate_.close(users::IntakeStop::disk,
                "The server's disk is nearly full; nothing new is taken until there is room.");
  } else {
    logging::info("intake", "there is room on the disk again", {{"detail", detail}});
    gate_.open(users::IntakeStop::disk);
  }
}

void Shedding::look_at_lag() {
  std::int64_t planning = 0, email = 0, sms = 0;
  for (const log::GroupLag& one : log_.lag()) {
    if (one.group == options_.planning_group) planning += one.lag;
    if (one.group == options_.email_group) email += one.lag;
    if (one.group == options_.sms_group) sms += one.lag;
  }
  // Both channels read the same topic, so its records are counted once.
  const auto lag = static_cast<std::uint64_t>(std::max<std::int64_t>(0, planning + std::max(email, sms)));
  lag_->Set(static_cast<double>(lag));
  const std::uint64_t resume = options_.lag_max - options_.lag_max / 10;
  const bool behind = behind_ ? lag > resume : lag > options_.lag_max;
  std::string detail = fmt::format(
      "{} records are accepted and not yet in the ledger, at most {} may be (VESTNIK_INTAKE_LAG_MAX)", lag,
      options_.lag_max);
  if (behind) detail += fmt::format(": nothing new is accepted until they are {}", resume);
  {
    const std::lock_guard lock(mutex_);
    lag_health_ = {"lag", !behind, detail};
  }
  if (std::exchange(behind_, behind) == behind) return;
  if (behind) {
    logging::error("intake", "the consumers are too far behind, nothing new is accepted", {{"lag", lag}});
    gate_.close(users::IntakeStop::lag,
                "Too much that was accepted waits to be dealt with; nothing new is taken until it is less.");
  } else {
    logging::info("intake", "the consumers have caught up", {{"lag", lag}});
    gate_.open(users::IntakeStop::lag);
  }
}

std::vector<Health> Shedding::health() const {
  const std::lock_guard lock(mutex_);
  std::vector<Health> parts;
  if (!options_.data_dir.empty()) parts.push_back(disk_health_);
  if (options_.lag_max > 0) parts.push_back(lag_health_);
  return parts;
}

}  // namespace vestnik::app
