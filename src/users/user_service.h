// user-service: takes registrations, keeps users unique, and answers only after the event is durable.
//
//   request ─▶ form ─▶ store: who is it? ─▶ known and told before: the same id
//                                       └▶ append user_registered ─▶ durable ─▶ the id
//                                       └▶ conflict: 409
//
// Overload is answered at once and never queued: 429 when too much is in hand here, in the store or in the
// log, 503 while the gate is closed (disk nearly full, consumers too far behind) or store or log are away.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/health.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "log/log.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "store/users.h"
#include "trace/span.h"
#include "users/intake_gate.h"

namespace vestnik::users {

struct UserServiceOptions {
  std::string topic = "user-events";
  std::string default_region;  // users/phone_number.h
  // Registrations begun and not yet told by store and log. Beyond it: 429 with Retry-After.
  std::size_t in_flight_max = 10'000;
  // From the request to the answer; then 503 with Retry-After, whatever store and log do. With the guard's
  // tick it stays within the 2 s that a client is promised.
  std::chrono::milliseconds answer_deadline{1'800};
};

class UserService {
 public:
  // Throws std::invalid_argument for an unknown default_region. `gate`, `users`, `log`, `scheduler` and
  // `random` must outlive the service and every callback that store and log still hold; `random` must be safe
  // from any thread. Destroy it on the scheduler's executor or after that has stopped, and after the HTTP
  // server has stopped.
  UserService(UserServiceOptions options, const IntakeGate& gate, store::Users& users, log::Log& log,
              Scheduler& scheduler, Random& random, Metrics& metrics, trace::Tracer tracer = {});
  ~UserService();
  UserService(const UserService&) = delete;
  UserService& operator=(const UserService&) = delete;

  // POST /register. Safe from any thread, never blocks.
  void register_user(net::HttpRequest request, net::Respond respond);

  // For /readyz: unwell while requests are refused for what can pass. Any thread.
  Health health() const;

  // The routes, each behind the keys.
  void add_routes(net::Router& router, const net::ApiKeys& keys);

 private:
  struct Core;
  class Pending;

  std::shared_ptr<Core> core_;
};

}  // namespace vestnik::users
