#include "app/services.h"

#include <mutex>
#include <utility>

#include "analytics/api.h"
#include "analytics/collector.h"
#include "app/embedded.h"
#include "app/page.h"
#include "base/ids.h"
#include "delivery/api.h"
#include "delivery/engine.h"
#include "email/sandbox_provider.h"
#include "email/smtp_provider.h"
#include "net/event_loop.h"
#include "planning/notification_service.h"
#include "sms/sandbox_provider.h"
#include "sms/smpp_provider.h"
#include "users/user_service.h"

namespace vestnik::app {
namespace {

class UserRole final : public Service {
 public:
  explicit UserRole(const Surroundings& s)
      : service_({.topic = s.configuration.options.topic_user_events,
                  .default_region = s.configuration.options.default_region,
                  .in_flight_max = s.configuration.options.intake_in_flight_max},
                 s.intake, s.backing.store->users(), *s.backing.log, loop_, system_random(), s.metrics) {
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
                 s.configuration.planning, s.metrics) {}
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
                                       .cap = s.configuration.options.retry_backoff_cap}}},
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

// All that is read, and what people decide: one place for both, whatever runs beside it.
class AnalyticsRole final : public Service {
 public:
  explicit AnalyticsRole(const Surroundings& s)
      : collector_({.user_topic = s.configuration.options.topic_user_events,
                    .notification_topic = s.configuration.options.topic_notification_events,
                    .analytics_topic = s.configuration.options.topic_analytics_events,
                    .group = s.configuration.options.analytics_service_group},
                   *s.backing.log, s.backing.store->timeline(), loop_, s.metrics),
        api_(s.backing.store->timeline(), s.backing.store->sandbox(), system_clock()),
        deliveries_(s.backing.store->ledger(), system_clock(), nudge_in(s.nudges)) {
    api_.add_routes(s.router, s.keys);
    deliveries_.add_routes(s.router, s.keys);
    add_page_routes(s.router, embedded_files());
  }
  void start() override {
    loop_.start();
    run_and_wait(loop_, [this](auto started) {
      collector_.start();
      started();
    });
  }
  void stop(std::chrono::milliseconds limit) override {
    run_and_wait(loop_, [&](auto stopped) { collector_.stop(limit, std::move(stopped)); });
    loop_.stop();
  }

 private:
  net::EventLoop loop_{"analytics"};
  analytics::Collector collector_;
  analytics::Api api_;
  delivery::Api deliveries_;
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
