#include "app/configuration.h"

#include <utility>

#include "cli/environment.h"
#include "config/load.h"
#include "sms/sender.h"
#include "trace/otlp_exporter.h"

namespace vestnik::app {
namespace {

// The value where there is one; else a problem that names the option.
template <class T, class Kind>
std::optional<T> checked(const char* option, Result<T, Failure<Kind>> value, config::Problems& problems) {
  if (value) return std::move(*value);
  problems.push_back({.message = std::string(option) + ": " + value.error().message});
  return std::nullopt;
}

void read_smtp(Configuration& result, config::Problems& problems) {
  const auto routes = checked("SMTP_URL", delivery::parse_routes(result.options.smtp_url, "smtp"), problems);
  if (!routes) return;
  for (const delivery::RoutedUrl& routed : *routes)
    if (auto url = checked("SMTP_URL", email::smtp::parse_url(routed.url), problems))
      result.smtp.push_back({routed.route, std::move(*url)});
}

void read_smpp(Configuration& result, config::Problems& problems) {
  const auto routes = checked("SMPP_URL", delivery::parse_routes(result.options.smpp_url, "smpp"), problems);
  if (!routes) return;
  for (const delivery::RoutedUrl& routed : *routes) {
    auto url = checked("SMPP_URL", sms::smpp::parse_smpp_url(routed.url), problems);
    if (!url) continue;
    if (auto from = checked("SMS_FROM", sms::sender_address(result.options.sms_from, *url), problems))
      result.smpp.push_back({routed.route, std::move(*url), std::move(*from)});
  }
}

void read_tracing(Configuration& result, config::Problems& problems) {
  for (const std::string& header : result.options.otlp_headers) {
    auto pair = trace::parse_header(header);
    if (pair)
      result.otlp_headers.push_back(std::move(*pair));
    else
      problems.push_back({.message = "OTEL_EXPORTER_OTLP_HEADERS must be " + pair.error()});
  }
  if (result.options.otlp_endpoint.empty()) return;
  auto url = net::parse_http_url(result.options.otlp_endpoint);
  if (url)
    result.otlp = std::move(*url);
  else
    problems.push_back({.message = "OTEL_EXPORTER_OTLP_ENDPOINT " + url.error()});
}

}  // namespace

Result<Configuration, config::Problems> load_configuration(const CommandLine& line) {
  config::LoadOptions load{.environment = cli::environment(), .role = *config::parse_role(line.role)};
  if (!line.config_file.empty()) load.config_file = line.config_file;
  auto options = config::load(load);
  if (!options) return std::unexpected(std::move(options.error()));

  config::Problems problems;
  Configuration result{.options = std::move(*options), .role = load.role};
  auto planning = planning::load_configured(result.options);
  if (planning) {
    result.planning = std::make_shared<const planning::Configured>(std::move(*planning));
  } else {
    problems = std::move(planning.error());
  }
  if (auto from = checked("EMAIL_FROM", email::parse_mailbox(result.options.email_from), problems))
    result.email_from = std::move(*from);
  read_smtp(result, problems);
  read_smpp(result, problems);
  read_tracing(result, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return result;
}

}  // namespace vestnik::app
