#include "app/services.h"

#include <mutex>
#include <utility>

#include "analytics/api.h"
#include "analytics/collector.h"
#include "analytics/live.h"
#include "analytics/rebuild.h"
#include "analytics/tail.h"
#include "app/embedded.h"
#include "app/looking.h"
#include "app/page.h"
#include "app/status.h"
#include "base/ids.h"
#include "delivery/api.h"
#include "delivery/engine.h"
#include "email/sandbox_provider.h"
#include "email/smtp_provider.h"
#include "net/event_loop.h"
#include "planning/api.h"
#include "planning/notification_service.h"
#include "sms/sandbox_provider.h"
#include "sms/smpp_provider.h"
#include "sms/text/segment.h"
#include "users/user_service.h"

namespace vestnik::app {
namespace {

class UserRole final : public Service {
 public:
  explicit UserRole(const Surroundings& s)
      : service_({.topic = s.configuration.options.topic_user_events,
                  .default_region = s.configuration.options.default_region,
                  .in_flight_max = s.configuration.options.intake_in_flight_max},
                 s.intake, s.backing.store->users(), *s.backing.log, loop_, system_random(), s.metrics,
                 s.tracer) {
    service_.add_routes(s.router, s.keys);
  }
  void start() override { loop_.start(); }
  // The HTTP server has let requests in hand be answered before this.
  void stop(std::chrono::milliseconds) override { loop_.stop(); }
  std::vector<Health> health() override { return {service_.health()}; }

 private:
  net::EventLoop loop_{"users"};
  users::UserService service_;
};

class PlanningRole final : public Service {
 public:
  explicit PlanningRole(const Surroundings& s)
      : service_(*s.backing.log, loop_,
                 {.user_events = s.configuration.options.topic_user_events,
                  .notification_events = s.configuration.options.topic_notification_events,
                  .analytics_events = s.configuration.options.topic_analytics_events,
                  .group = s.configuration.options.notification_service_group},
                 s.configuration.planning, s.metrics, s.tracer) {}
  void start() override {
    loop_.start();
    service_.start();
  }
  void stop(std::chrono::milliseconds limit) override {
    run_and_wait(loop_, [&](auto stopped) { service_.stop(limit, std::move(stopped)); });
    loop_.stop();
  }

 private:
  net::EventLoop loop_{"planning"};
  planning::NotificationService service_;
};

// One channel's providers, each with its part in the channel.
struct Providers {
  std::vector<std::unique_ptr<delivery::Provider>> owned;
  std::vector<delivery::RoutedProvider> routed;

  void add(std::unique_ptr<delivery::Provider> provider, delivery::Route route = {}) {
    routed.push_back({*provider, std::move(route)});
    owned.push_back(std::move(provider));
  }
};

// One channel: the delivery engine with its providers.
class DeliveryRole final : public Service {
 public:
  using MakeProviders = std::function<Providers(net::EventLoop&)>;

  DeliveryRole(const Surroundings& s, Channel channel, std::string group, const MakeProviders& make_providers)
      : loop_(std::string(to_string(channel))),
        providers_(make_providers(loop_)),
        engine_({.channel = channel,
                 .notification_topic = s.configuration.options.topic_notification_events,
                 .analytics_topic = s.configuration.options.topic_analytics_events,
                 .group = std::move(group),
                 .retry = {.attempts_max = s.configuration.options.retry_attempts_max,
                           .backoff = {.base = s.configuration.options.retry_backoff_base,
                                       .cap = s.configuration.options.retry_backoff_cap}},
                 .tracer = s.tracer,
                 .traceparent_in_messages = s.configuration.options.traceparent_in_mail},
                *s.backing.log, s.backing.store->ledger(), std::move(providers_.routed), loop_,
                system_random(), s.metrics) {
    s.nudges[channel] = [this] { loop_.post([this] { engine_.look(); }); };
  }

  void start() override {
    loop_.start();
    run_and_wait(loop_, [this](auto started) {
      engine_.start();
      look_at_health();
      started();
    });
  }
  void stop(std::chrono::milliseconds limit) override {
    run_and_wait(loop_, [&](auto stopped) { engine_.stop(limit, std::move(stopped)); });
    run_and_wait(loop_, [this](auto done) {
      health_timer_.reset();
      done();
    });
    loop_.stop();
  }
  std::vector<Health> health() override {
    std::lock_guard lock(health_mutex_);
    return {health_};
  }

 private:
  static constexpr std::chrono::milliseconds look_every{500};

  // The providers may be asked on their loop only; /readyz asks from others.
  void look_at_health() {
    Health health = engine_.health();
    {
      std::lock_guard lock(health_mutex_);
      health_ = std::move(health);
    }
    health_timer_ = loop_.after(look_every, [this] { look_at_health(); });
  }

  net::EventLoop loop_;
  Providers providers_;
  delivery::Engine engine_;
  std::unique_ptr<Timer> health_timer_;
  std::mutex health_mutex_;
  Health health_;
};

// An engine in another process looks at the ledger by itself, every half a minute.
delivery::Nudge nudge_in(const Nudges& nudges) {
  return [&nudges](Channel channel) {
    const auto found = nudges.find(channel);
    if (found != nudges.end()) found->second();
  };
}

analytics::Topics topics_of(const config::Config& options) {
  return {.user_events = options.topic_user_events,
          .notification_events = options.topic_notification_events,
          .analytics_events = options.topic_analytics_events};
}

// Opened anew for each rebuild: nobody else in a service reads the log like this.
std::shared_ptr<log::Reader> log_to_read(const config::Config& options) {
  const auto looking = std::make_shared<Looking>(open_log_to_look(options));
  return {looking, looking->log.get()};
}

Result<json::object, std::string> sms_parts(std::string_view text) {
  constexpr std::uint8_t any_reference = 0;  // it isn't shown
  const auto parts = sms::text::segment(text, any_reference);
  if (!parts) return std::unexpected(parts.error().message);
  return sms::text::parts_in_json(*parts);
}

// All that is read, and what people decide: one place for both, whatever runs beside it.
class AnalyticsRole final : public Service {
 public:
  explicit AnalyticsRole(const Surroundings& s)
      : live_(s.backing.store->timeline(), s.condition, loop_, s.metrics),
        tail_(loop_, s.metrics),
        collector_({.topics = topics_of(s.configuration.options),
                    .group = s.configuration.options.analytics_service_group},
                   *s.backing.log, s.backing.store->timeline(), loop_, s.metrics,
                   [this](const auto& facts) { tail_.applied(facts); }),
        rebuild_({.topics = topics_of(s.configuration.options),
                  .open_log = [&options = s.configuration.options] { return log_to_read(options); }},
                 s.backing.store->timeline(), system_clock()),
        api_(s.backing.store->timeline(), s.backing.store->sandbox(), system_clock()),
        deliveries_(s.backing.store->ledger(), system_clock(), nudge_in(s.nudges)),
        planning_(s.configuration.planning, sms_parts) {
    api_.add_routes(s.router, s.keys);
    live_.add_routes(s.router, s.keys);
    tail_.add_routes(s.router, s.keys);
    rebuild_.add_routes(s.router, s.keys);
    s.rebuild = [this] { return analytics::to_json(rebuild_.status()); };
    deliveries_.add_routes(s.router, s.keys);
    planning_.add_routes(s.router, s.keys);
    add_page_routes(s.router, embedded_files());
  }
  void start() override {
    loop_.start();
    run_and_wait(loop_, [this](auto started) {
      collector_.start();
      started();
    });
    rebuild_.start();
  }
  void stop(std::chrono::milliseconds limit) override {
    rebuild_.stop();
    run_and_wait(loop_, [&](auto stopped) { collector_.stop(limit, std::move(stopped)); });
    run_and_wait(loop_, [this](auto done) {
      live_.stop();
      tail_.stop();
      done();
    });
    loop_.stop();
  }

 private:
  net::EventLoop loop_{"analytics"};
  analytics::Live live_;
  analytics::Tail tail_;
  analytics::Collector collector_;
  analytics::Rebuild rebuild_;
  analytics::Api api_;
  delivery::Api deliveries_;
  planning::Api planning_;
};

}  // namespace

std::unique_ptr<Service> make_user_service(const Surroundings& s) { return std::make_unique<UserRole>(s); }

std::unique_ptr<Service> make_notification_service(const Surroundings& s) {
  return std::make_unique<PlanningRole>(s);
}

std::unique_ptr<Service> make_email_service(const Surroundings& s) {
  const Configuration& configuration = s.configuration;
  return std::make_unique<DeliveryRole>(
      s, Channel::email, configuration.options.email_service_group, [&](net::EventLoop& loop) {
        Providers providers;
        for (const SmtpRoute& smtp : configuration.smtp)
          providers.add(std::make_unique<email::SmtpProvider>(loop, smtp.url, configuration.email_from,
                                                              system_random(), smtp.route.name),
                        smtp.route);
        if (configuration.smtp.empty())
          providers.add(std::make_unique<email::EmailSandbox>(loop, s.backing.store->sandbox(),
                                                              configuration.email_from));
        return providers;
      });
}

std::unique_ptr<Service> make_sms_service(const Surroundings& s) {
  const Configuration& configuration = s.configuration;
  return std::make_unique<DeliveryRole>(
      s, Channel::sms, configuration.options.sms_service_group, [&](net::EventLoop& loop) {
        Providers providers;
        for (const SmppRoute& smpp : configuration.smpp)
          providers.add(
              std::make_unique<sms::SmppProvider>(
                  loop,
                  sms::SmppProviderOptions{.name = smpp.route.name, .url = smpp.url, .source = smpp.from}),
              smpp.route);
        if (configuration.smpp.empty())
          providers.add(std::make_unique<sms::SmsSandbox>(loop, s.backing.store->sandbox()));
        return providers;
      });
}

std::unique_ptr<Service> make_analytics_service(const Surroundings& s) {
  return std::make_unique<AnalyticsRole>(s);
}

}  // namespace vestnik::app
