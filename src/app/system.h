// One process: what it runs on, the services of its role, and the HTTP server in front of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/backing.h"
#include "app/configuration.h"
#include "app/service.h"
#include "app/services.h"
#include "app/shedding.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/metrics.h"
#include "net/http_api_keys.h"
#include "net/http_server.h"
#include "trace/otlp_exporter.h"
#include "users/intake_gate.h"

namespace vestnik::app {

class System {
 public:
  // Opens log and store, starts the services, then listens. Throws with what to do.
  explicit System(Configuration configuration);
  ~System();

  std::uint16_t port() const { return server_->port(); }

  // Why the process must end: the disk failed, so nothing can be made durable any more. None: all is well.
  std::optional<std::string> fatal_error() const;

  // Intake first, then the services from left to right, each finishing what it has, all within
  // `drain_timeout` each.
  void stop();

 private:
  std::vector<Health> health() const;
  // How all of it is: ready, parts, lag.
  json::object condition() const;
  // The same, and what all of it is.
  json::object description() const;

  const Timestamp started_at_ = system_clock().now();
  Configuration configuration_;
  Metrics metrics_;
  std::unique_ptr<trace::OtlpExporter> traces_;  // none: they are off
  net::ApiKeys keys_;
  Backing backing_;
  Nudges nudges_;
  std::function<json::object()> rebuild_;  // none: not in this process
  users::IntakeGate intake_;
  Shedding shedding_;
  std::vector<std::unique_ptr<Service>> services_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace vestnik::app
