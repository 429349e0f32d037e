#include "app/tracing.h"

#include <array>
#include <unistd.h>

#include "app/version.h"
#include "base/clock.h"
#include "base/ids.h"

namespace vestnik::app {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

std::string_view name_of(config::Environment environment) {
  switch (environment) {
    case config::Environment::development: return "development";
    case config::Environment::production: return "production";
    case config::Environment::test: return "test";
  }
  return "";
}

std::string service_name(const Configuration& configuration) {
  if (!configuration.options.otel_service_name.empty()) return configuration.options.otel_service_name;
  return configuration.role == config::Role::all ? "vestnik"
                                                 : std::string(config::to_string(configuration.role));
}

// The names of OpenTelemetry's semantic conventions for resources.
trace::Resource resource_of(const Configuration& configuration) {
  trace::Resource resource{
      {"service.name", service_name(configuration)},
      {"service.namespace", "vestnik"},
      {"service.version", std::string(version_text)},
      {"service.instance.id", uuid_v7(system_clock().now(), system_random()).text()},
      {"deployment.environment.name", std::string(name_of(configuration.options.environment))},
      {"telemetry.sdk.name", "vestnik"},
      {"telemetry.sdk.language", "cpp"},
      {"telemetry.sdk.version", std::string(version_text)}};
  if (std::string host = host_name(); !host.empty()) resource.emplace_back("host.name", std::move(host));
  return resource;
}

trace::Sampler sampler_of(const config::Config& options) {
  switch (options.traces_sampler) {
    case config::TracesSampler::always_on: return {.parent_based = false, .ratio = 1};
    case config::TracesSampler::always_off: return {.parent_based = false, .ratio = 0};
    case config::TracesSampler::traceidratio: return {.parent_based = false, .ratio = options.traces_ratio};
    case config::TracesSampler::parentbased_always_on: return {.parent_based = true, .ratio = 1};
    case config::TracesSampler::parentbased_always_off: return {.parent_based = true, .ratio = 0};
    case config::TracesSampler::parentbased_traceidratio:
      return {.parent_based = true, .ratio = options.traces_ratio};
  }
  return {};
}

}  // namespace

std::unique_ptr<trace::OtlpExporter> make_exporter(const Configuration& configuration, Metrics& metrics) {
  if (!configuration.otlp) return nullptr;
  return std::make_unique<trace::OtlpExporter>(trace::OtlpOptions{.url = *configuration.otlp,
                                                                  .headers = configuration.otlp_headers,
                                                                  .resource = resource_of(configuration),
                                                                  .version = std::string(version_text)},
                                               system_random(), metrics);
}

trace::Tracer make_tracer(const Configuration& configuration, trace::OtlpExporter* exporter) {
  if (!exporter) return {};
  return {*exporter, sampler_of(configuration.options), system_random(), system_clock()};
}

}  // namespace vestnik::app
