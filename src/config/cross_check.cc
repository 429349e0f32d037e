#include "config/cross_check.h"

#include <array>
#include <fmt/format.h>
#include <utility>

namespace vestnik::config {
namespace {

using Usable = std::function<bool(std::string_view)>;

void add(Problems& problems, std::string message) { problems.push_back({"", 0, 0, std::move(message)}); }

void check_access(const Config& config, const Usable& usable, Problems& problems) {
  if (!usable("VESTNIK_HOST") || !usable("VESTNIK_API_KEYS")) return;
  if (!is_loopback(config.host) && config.api_keys.empty())
    add(problems,
        fmt::format("VESTNIK_HOST is {}, which others can reach, so VESTNIK_API_KEYS is needed: set it, or "
                    "listen on 127.0.0.1",
                    config.host));
}

// One service alone shares log and store with the others, so both must be where the others can reach them.
// `sqlite:` says knowingly that it is the only one on its store; on the embedded log it then works off what
// another has left there, one service at a time (the file's lock sees to that).
void check_split_role(const Config& config, Role role, const Usable& usable, Problems& problems) {
  if (role == Role::all) return;
  if (usable("KAFKA_BROKERS") && !config.uses_kafka() &&
      (config.database_url.empty() || config.uses_postgresql()))
    add(problems,
        fmt::format("{} alone needs KAFKA_BROKERS: the embedded log is for one process (`vestnik serve` "
                    "runs all services in one)",
                    to_string(role)));
  if (usable("DATABASE_URL") && config.database_url.empty())
    add(problems,
        fmt::format("{} alone needs DATABASE_URL: a second instance would not see an embedded store's "
                    "ledger and could send twice; DATABASE_URL=sqlite: says that this is the only one",
                    to_string(role)));
}

template <std::size_t N>
void check_distinct(const std::array<std::pair<std::string_view, const std::string*>, N>& named,
                    std::string_view why, Problems& problems) {
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = i + 1; j < N; ++j)
      if (*named[i].second == *named[j].second)
        add(problems, fmt::format("{} and {} are both \"{}\": {}", named[i].first, named[j].first,
                                  *named[i].second, why));
}

void check_names(const Config& config, Problems& problems) {
  check_distinct(
      std::array{
          std::pair{std::string_view("KAFKA_TOPIC_USER_EVENTS"), &config.topic_user_events},
          std::pair{std::string_view("KAFKA_TOPIC_NOTIFICATION_EVENTS"), &config.topic_notification_events},
          std::pair{std::string_view("KAFKA_TOPIC_ANALYTICS_EVENTS"), &config.topic_analytics_events}},
      "each kind of record needs a topic of its own", problems);
  check_distinct(
      std::array{
          std::pair{std::string_view("NOTIFICATION_SERVICE_GROUP"), &config.notification_service_group},
          std::pair{std::string_view("EMAIL_SERVICE_GROUP"), &config.email_service_group},
          std::pair{std::string_view("SMS_SERVICE_GROUP"), &config.sms_service_group},
          std::pair{std::string_view("ANALYTICS_SERVICE_GROUP"), &config.analytics_service_group}},
      "services of one group would take each other's records", problems);
}

void check_backoff(const Config& config, const Usable& usable, Problems& problems) {
  if (!usable("VESTNIK_RETRY_BACKOFF_BASE") || !usable("VESTNIK_RETRY_BACKOFF_CAP")) return;
  if (config.retry_backoff_base > config.retry_backoff_cap)
    add(problems, "VESTNIK_RETRY_BACKOFF_BASE is longer than VESTNIK_RETRY_BACKOFF_CAP");
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // A name such as 127.example.org may lead anywhere.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Problems cross_check(const Config& config, Role role, const Usable& usable) {
  Problems problems;
  check_access(config, usable, problems);
  check_split_role(config, role, usable, problems);
  check_names(config, problems);
  check_backoff(config, usable, problems);
  return problems;
}

}  // namespace vestnik::config
