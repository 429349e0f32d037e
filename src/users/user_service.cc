#include "users/user_service.h"

#include <atomic>
#include <utility>

#include "model/event.h"
#include "net/http_api.h"
#include "trace/context.h"
#include "trace/http_span.h"
#include "users/deadline_guard.h"
#include "users/registration.h"

namespace vestnik::users {
namespace {

constexpr int retry_after_s = 1;
// With 8 partitions one of 150 draws takes more.
constexpr int id_draws_max = 40;
// What closes the gate doesn't pass in a second.
constexpr int gate_retry_after_s = 5;

net::Problem unavailable(std::string detail) {
  return {503, "unavailable", "Service unavailable", std::move(detail), "", retry_after_s};
}

net::Problem overloaded(std::string detail) {
  return {429, "overload", "Too many requests", std::move(detail), "", retry_after_s};
}

net::Problem problem_of(IntakeGate::Closed closed) {
  switch (closed.stop) {
    case IntakeStop::disk:
      return {503, "disk-nearly-full", "Disk nearly full", std::move(closed.detail), "", gate_retry_after_s};
    case IntakeStop::lag:
      return {503, "backlog", "Too far behind", std::move(closed.detail), "", gate_retry_after_s};
  }
  return unavailable(std::move(closed.detail));
}

// JSON as it is promised to the byte; an id needs no escaping.
net::HttpResponse success(const UserId& id) {
  return {200, R"({"status":"success","user_id":")" + id.value + R"("})", "application/json", {}};
}

UserEvent event_of(const store::User& user, std::string traceparent) {
  UserEvent event;
  event.event_id = registration_id(user.id);
  event.event_type = user_registered;
  event.user_id = user.id;
  event.email = user.email;
  event.phone = user.phone;
  event.accepted_at = user.registered_at;
  if (!user.name.empty()) event.data["name"] = user.name;
  event.traceparent = std::move(traceparent);
  return event;
}

class Counts {
 public:
  explicit Counts(Metrics& metrics)
      : in_flight(metrics.gauge("vestnik_registrations_in_flight", "Registrations waiting for store or log")),
        registered(counter(metrics, "registered")),
        repeated(counter(metrics, "repeated")),
        refused(counter(metrics, "refused")),
        conflict(counter(metrics, "conflict")),
        overloaded(counter(metrics, "overloaded")),
        unavailable(counter(metrics, "unavailable")),
        shed_disk(shed(metrics, "disk")),
        shed_lag(shed(metrics, "lag")),
        shed_in_flight(shed(metrics, "in_flight")),
        shed_store(shed(metrics, "store")),
        shed_log(shed(metrics, "log")) {}

  prometheus::Gauge& in_flight;
  prometheus::Counter& registered;
  prometheus::Counter& repeated;  // known before, nothing new was sent
  prometheus::Counter& refused;   // the request was at fault
  prometheus::Counter& conflict;
  prometheus::Counter& overloaded;
  prometheus::Counter& unavailable;
  // Of overloaded and unavailable, those that were refused to keep the load in bounds.
  prometheus::Counter& shed_disk;
  prometheus::Counter& shed_lag;
  prometheus::Counter& shed_in_flight;
  prometheus::Counter& shed_store;  // its queue is full
  prometheus::Counter& shed_log;    // its queue is full

 private:
  static prometheus::Counter& shed(Metrics& metrics, std::string reason) {
    return metrics.counter("vestnik_intake_refused_total",
                           "Requests refused to keep the load in bounds, by what was at its bound",
                           {{"reason", std::move(reason)}});
  }
  static prometheus::Counter& counter(Metrics& metrics, std::string result) {
    return metrics.counter("vestnik_registrations_total", "Registrations answered, by result",
                           {{"result", std::move(result)}});
  }
};

}  // namespace

struct UserService::Core {
  Core(UserServiceOptions o, const IntakeGate& g, store::Users& u, log::Log& l, Scheduler& s, Random& r,
       Metrics& m, trace::Tracer t)
      : options(std::move(o)),
        gate(g),
        users(u),
        log(l),
        clock(s.clock()),
        random(r),
        phone_numbers(options.default_region),
        guard(s, options.answer_deadline),
        counts(m),
        tracer(t),
        append_name("append " + options.topic) {}

  // One that gathers with others of this moment (log.h).
  UserId new_user_id(Timestamp now) {
    const log::Gathering gathering = log.gathering(options.topic);
    UserId id;
    for (int draw = 0; draw < id_draws_max; ++draw) {
      id.value = "user_" + uuid_v7(now, random).text();
      if (gathering.holds(id.value)) break;
    }
    return id;
  }

  const UserServiceOptions options;
  const IntakeGate& gate;
  store::Users& users;
  log::Log& log;
  const Clock& clock;
  Random& random;
  const PhoneNumbers phone_numbers;
  DeadlineGuard guard;
  Counts counts;
  const trace::Tracer tracer;
  const std::string append_name;
  std::atomic<std::size_t> in_flight{0};
};

// One registration on its way. Store, log and the deadline each may answer it, from their own threads: the
// first does. It counts as in flight until store and log have let go of it, answered or not, so that memory
// is bounded.
class UserService::Pending final : public DeadlineGuard::Watched {
 public:
  // `traceparent`: as the request has it.
  Pending(std::shared_ptr<Core> core, net::Respond respond, std::string_view traceparent)
      : core_(std::move(core)),
        respond_(std::move(respond)),
        // The record names the span that writes it, so that has its id before it begins.
        append_(core_->tracer.start(core_->append_name, trace::SpanKind::producer, traceparent)),
        traceparent_(core_->tracer.on() ? append_.traceparent()
                                        : trace::traceparent_or_new(traceparent, core_->random)) {
    core_->counts.in_flight.Increment();
  }
  ~Pending() override {
    if (watched_) core_->guard.unwatch(ticket_);
    if (!answered_) refuse("The registration was dropped; repeat it.");
    core_->in_flight.fetch_sub(1);
    core_->counts.in_flight.Decrement();
  }

  static void start(const std::shared_ptr<Pending>& self, RegistrationForm form) {
    Core& core = *self->core_;
    self->ticket_ = core.guard.watch(self);
    self->watched_ = true;
    store::User user;
    user.registered_at = core.clock.now();
    user.id = core.new_user_id(user.registered_at);
    user.email = std::move(form.email);
    user.phone = std::move(form.phone);
    user.name = std::move(form.name);
    // Here rather than on the store's thread, which all registrations go through.
    self->event_ = encode(event_of(user, self->traceparent_));
    core.users.register_user(std::move(user), std::move(form.email_key),
                             [self](Result<store::Registration, store::Error> result) {
                               on_registration(self, std::move(result));
                             });
  }

  void expire() override { refuse("Store and log did not answer in time; repeat the request."); }

 private:
  static void on_registration(const std::shared_ptr<Pending>& self,
                              Result<store::Registration, store::Error> result) {
    if (!result) return self->refuse_for(result.error());
    if (self->answered_) return;  // by the deadline: the client repeats, so nothing is begun for it
    switch (result->kind) {
      case store::Registration::Kind::conflict:
        return self->answer(
            self->core_->counts.conflict,
            net::to_response({409, "conflict", "Conflict",
                              "The e-mail address is registered with another phone number.", "email", 0}));
      case store::Registration::Kind::known:
        if (!result->event_durable) break;
        return self->answer(self->core_->counts.repeated, success(result->user.id));
      case store::Registration::Kind::created: break;
    }
    if (result->kind == store::Registration::Kind::known)
      self->event_ = encode(event_of(result->user, self->traceparent_));
    append(self, std::move(result->user.id), result->number);
  }

  static void append(const std::shared_ptr<Pending>& self, UserId id, std::int64_t number) {
    std::vector<Record> records;
    records.push_back(std::move(self->event_));
    self->append_.begin_now();
    self->core_->log.append(self->core_->options.topic, std::move(records),
                            [self, number, id = std::move(id)](Result<void, log::Error> result) {
                              self->on_appended(id, number, std::move(result));
                            });
  }

  void on_appended(const UserId& id, std::int64_t number, Result<void, log::Error> result) {
    end_append(result);
    if (result) {
      core_->users.event_is_durable(number);
      return answer(core_->counts.registered, success(id));
    }
    switch (result.error().kind) {
      case log::ErrorKind::overloaded:
        return overload(core_->counts.shed_log, "Too much waits to be written; repeat the request.");
      case log::ErrorKind::unavailable:
      case log::ErrorKind::closed: return refuse("The log can't take the event now; repeat the request.");
      case log::ErrorKind::too_large:
        return answer(core_->counts.refused, net::to_response({413, "too-large", "Body too large",
                                                               "The event is too large.", "", 0}));
    }
  }

  void end_append(const Result<void, log::Error>& result) {
    if (!append_.is_recorded()) return;
    append_.set("messaging.operation.type", "send");
    append_.set("messaging.destination.name", core_->options.topic);
    if (!result) append_.fail("refused");
    append_.end();
  }

  void refuse_for(const store::Error& error) {
    switch (error.kind) {
      case store::ErrorKind::overloaded:
        return overload(core_->counts.shed_store, "Too much waits for the store; repeat the request.");
      case store::ErrorKind::unavailable:
      case store::ErrorKind::closed: return refuse("The store can't take the registration now; repeat it.");
    }
  }

  void overload(prometheus::Counter& shed, std::string detail) {
    shed.Increment();
    answer(core_->counts.overloaded, net::to_response(overloaded(std::move(detail))));
  }

  void refuse(std::string detail) {
    answer(core_->counts.unavailable, net::to_response(unavailable(std::move(detail))));
  }

  void answer(prometheus::Counter& count, net::HttpResponse response) {
    if (answered_.exchange(true)) return;
    count.Increment();
    respond_(std::move(response));
  }

  const std::shared_ptr<Core> core_;
  net::Respond respond_;
  trace::Span append_;
  const std::string traceparent_;
  Record event_;  // of the user as given; as stored, once that is another
  std::atomic<bool> answered_{false};
  bool watched_ = false;
  decltype(std::declval<DeadlineGuard>().watch({})) ticket_;
};

UserService::UserService(UserServiceOptions options, const IntakeGate& gate, store::Users& users,
                         log::Log& log, Scheduler& scheduler, Random& random, Metrics& metrics,
                         trace::Tracer tracer)
    : core_(
          std::make_shared<Core>(std::move(options), gate, users, log, scheduler, random, metrics, tracer)) {}

UserService::~UserService() = default;

void UserService::register_user(net::HttpRequest request, net::Respond respond) {
  Counts& counts = core_->counts;
  const auto refuse = [&](const net::Problem& problem) {
    counts.refused.Increment();
    respond(problem);
  };
  if (auto closed = core_->gate.closed()) {
    counts.unavailable.Increment();
    (closed->stop == IntakeStop::disk ? counts.shed_disk : counts.shed_lag).Increment();
    return respond(problem_of(std::move(*closed)));
  }
  if (const auto problem = net::unless_json(request)) return refuse(*problem);
  auto form = parse_registration(request.body, core_->phone_numbers);
  if (!form) return refuse(form.error());
  if (core_->in_flight.fetch_add(1) >= core_->options.in_flight_max) {
    core_->in_flight.fetch_sub(1);
    counts.overloaded.Increment();
    counts.shed_in_flight.Increment();
    return respond(overloaded("Too many registrations are in progress."));
  }
  auto pending = std::make_shared<Pending>(core_, std::move(respond), request.header("traceparent"));
  Pending::start(pending, std::move(*form));
}

Health UserService::health() const {
  const std::size_t in_flight = core_->in_flight, max = core_->options.in_flight_max;
  Health health{.part = "intake", .well = in_flight < max};
  health.detail = std::to_string(in_flight) + " of at most " + std::to_string(max) +
                  " requests wait for log and store (VESTNIK_INTAKE_IN_FLIGHT_MAX)";
  if (const auto closed = core_->gate.closed()) {
    health.well = false;
    health.detail = closed->detail + " " + health.detail;
  }
  return health;
}

void UserService::add_routes(net::Router& router, const net::ApiKeys& keys) {
  // Inside the keys: who has none makes no spans.
  router.add("POST", "/register",
             net::require_api_key(keys, trace::traced(core_->tracer, "/register",
                                                      [this](net::HttpRequest request, net::Respond respond) {
                                                        register_user(std::move(request), std::move(respond));
                                                      })));
}

}  // namespace vestnik::users
