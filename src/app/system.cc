#include "app/system.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "app/backing_metrics.h"
#include "app/process_metrics.h"
#include "app/status.h"
#include "app/tracing.h"
#include "app/version.h"

namespace vestnik::app {
namespace {

// In the order a notification passes them.
constexpr std::pair<config::Role, std::unique_ptr<Service> (*)(const Surroundings&)> makers[] = {
    {config::Role::user_service, make_user_service},
    {config::Role::notification_service, make_notification_service},
    {config::Role::email_service, make_email_service},
    {config::Role::sms_service, make_sms_service},
    {config::Role::analytics_service, make_analytics_service},
};

// A receiver of traces that hangs is not waited for any longer.
constexpr std::chrono::seconds flush_limit{5};

// Half of the cores: log, store and delivery have their threads too, and each further HTTP thread makes
// smaller batches for them.
unsigned http_threads(const config::Config& options) {
  return options.http_threads > 0 ? options.http_threads
                                  : std::max(1u, std::thread::hardware_concurrency() / 2);
}

// The disk where something of this process is on it; the lag where requests are taken.
SheddingOptions shedding_options(const Configuration& configuration, const Backing& backing) {
  const config::Config& options = configuration.options;
  const bool takes_requests =
      configuration.role == config::Role::all || configuration.role == config::Role::user_service;
  return {.data_dir = backing.database ? options.data_dir : std::filesystem::path(),
          .disk_reserve = options.disk_reserve,
          .lag_max = takes_requests ? options.intake_lag_max : 0,
          .planning_group = options.notification_service_group,
          .email_group = options.email_service_group,
          .sms_group = options.sms_service_group};
}

std::string_view to_string(config::Environment environment) {
  switch (environment) {
    case config::Environment::development: return "development";
    case config::Environment::production: return "production";
    case config::Environment::test: return "test";
  }
  return "";
}

}  // namespace

System::System(Configuration configuration)
    : configuration_(std::move(configuration)),
      traces_(make_exporter(configuration_, metrics_)),
      keys_(configuration_.options.api_keys),
      backing_(open_backing(configuration_.options)),
      shedding_(shedding_options(configuration_, backing_), *backing_.log, intake_, metrics_) {
  net::Router router;
  const Surroundings surroundings{configuration_,
                                  backing_,
                                  metrics_,
                                  router,
                                  keys_,
                                  nudges_,
                                  intake_,
                                  make_tracer(configuration_, traces_.get()),
                                  [this] { return condition(); },
                                  rebuild_};
  for (const auto& [role, make] : makers) {
    if (configuration_.role == config::Role::all || configuration_.role == role)
      services_.push_back(make(surroundings));
  }
  add_process_metrics(metrics_);
  add_part_metrics(metrics_, [this] { return health(); });
  add_backing_metrics(metrics_, backing_);
  add_status_routes(router, metrics_, [this] { return health(); });
  add_system_route(router, keys_, [this] { return description(); });
  // The address first: one that is taken is told before anything has begun.
  server_ = net::HttpServer::listen({.host = configuration_.options.host,
                                     .port = configuration_.options.port,
                                     .threads = http_threads(configuration_.options)},
                                    std::move(router), metrics_);
  for (const auto& service : services_) service->start();
  shedding_.start();
}

System::~System() {
  server_.reset();
  // They answer what they were asked, on the services' loops, so they go first.
  backing_.log.reset();
  backing_.store.reset();
  backing_.database.reset();
}

void System::stop() {
  const auto limit = configuration_.options.drain_timeout;
  server_->stop(limit);
  shedding_.stop();
  for (const auto& service : services_) service->stop(limit);
  if (traces_) traces_->stop(std::min<std::chrono::milliseconds>(limit, flush_limit));
}

std::optional<std::string> System::fatal_error() const {
  if (!backing_.database) return std::nullopt;
  const auto error = backing_.database->fatal();
  return error ? std::optional(error->message) : std::nullopt;
}

std::vector<Health> System::health() const {
  std::vector<Health> parts{backing_.log->health(), backing_.store->health()};
  std::ranges::move(shedding_.health(), std::back_inserter(parts));
  for (const auto& service : services_) std::ranges::move(service->health(), std::back_inserter(parts));
  return parts;
}

json::object System::condition() const {
  json::object condition = readiness(health());
  condition["lag"] = lag(backing_.log->lag());
  return condition;
}

json::object System::description() const {
  const config::Config& options = configuration_.options;
  json::object system{{"version", version_text},
                      {"role", config::to_string(configuration_.role)},
                      {"log", options.uses_kafka() ? "kafka" : "embedded"},
                      {"store", options.uses_postgresql() ? "postgresql" : "embedded"},
                      {"environment", to_string(options.environment)},
                      {"started_at", format_rfc3339(started_at_)}};
  for (auto& [name, value] : condition()) system[name] = std::move(value);
  if (rebuild_) system["rebuild"] = rebuild_();
  return system;
}

}  // namespace vestnik::app
