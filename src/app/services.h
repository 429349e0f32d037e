// The five services as System starts them: each with its loop, its options from the configuration, its
// routes.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "app/backing.h"
#include "app/configuration.h"
#include "app/service.h"
#include "base/json.h"
#include "base/metrics.h"
#include "model/notification.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "trace/span.h"
#include "users/intake_gate.h"

namespace vestnik::app {

// By channel, what makes its engine look at the ledger now, if the engine is in this process. Filled while
// the services are made; each may be called from any thread.
using Nudges = std::map<Channel, std::function<void()>>;

// What every service is given; all of it outlives the services.
struct Surroundings {
  const Configuration& configuration;
  Backing& backing;
  Metrics& metrics;
  net::Router& router;
  const net::ApiKeys& keys;
  Nudges& nudges;
  const users::IntakeGate& intake;
  trace::Tracer tracer;
  // How this process is: ready, parts, lag. Any thread, doesn't block.
  std::function<json::object()> condition;
  // Set by the service that rebuilds: how far it is. Any thread, doesn't block.
  std::function<json::object()>& rebuild;
};

std::unique_ptr<Service> make_user_service(const Surroundings& surroundings);
std::unique_ptr<Service> make_notification_service(const Surroundings& surroundings);
std::unique_ptr<Service> make_email_service(const Surroundings& surroundings);
std::unique_ptr<Service> make_sms_service(const Surroundings& surroundings);
std::unique_ptr<Service> make_analytics_service(const Surroundings& surroundings);

}  // namespace vestnik::app
