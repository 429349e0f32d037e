#include "config/unknown_variables.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "config/kafka_properties.h"
#include "config/option.h"

namespace vestnik::config {
namespace {

constexpr std::string_view own_prefix = "VESTNIK_";
constexpr std::array<std::string_view, 9> shared_prefixes{
    "KAFKA_", "OTEL_", "SMTP_", "SMPP_", "EMAIL_", "SMS_", "DATABASE_", "NOTIFICATION_", "ANALYTICS_"};
constexpr std::size_t typing_errors_max = 2;

// Read by the build, the tests and main, not by an option.
constexpr std::array<std::string_view, 2> other_own_names{"VESTNIK_CONFIG", "VESTNIK_DEPS_DIR"};
constexpr std::string_view test_prefix = "VESTNIK_TEST_";

// Kubernetes gives every pod VESTNIK_SERVICE_HOST, VESTNIK_PORT=tcp://… and more when a service is named
// vestnik.
bool is_service_link(std::string_view name, std::string_view value) {
  return name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_TCP_") ||
         name.contains("_UDP_") || value.starts_with("tcp://") || value.starts_with("udp://");
}

const std::vector<std::string>& known_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all(other_own_names.begin(), other_own_names.end());
    for (const Option& option : options()) {
      all.emplace_back(option.variable);
      if (option.secret) all.push_back(std::string(option.variable) + "_FILE");
    }
    return all;
  }();
  return names;
}

}  // namespace

Problems unknown_variables(const std::map<std::string, std::string>& environment) {
  const std::vector<std::string_view> known(known_names().begin(), known_names().end());
  Problems problems;
  for (const auto& [name, value] : environment) {
    if (std::ranges::find(known, name) != known.end() || name.starts_with(kafka_property_prefix)) continue;
    if (is_service_link(name, value) || name.starts_with(test_prefix)) continue;
    const bool own = name.starts_with(own_prefix);
    const bool shared =
        std::ranges::any_of(shared_prefixes, [&](auto prefix) { return name.starts_with(prefix); });
    const bool near = shared && std::ranges::any_of(known, [&](std::string_view candidate) {
                        return edit_distance(name, candidate) <= typing_errors_max;
                      });
    if (own || near)
      problems.push_back(
          {"environment", 0, 0, fmt::format("unknown variable {}{}", name, did_you_mean(name, known))});
  }
  return problems;
}

}  // namespace vestnik::config
