// The configuration of a process, typed. How each member is named, checked and documented: options.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vestnik::config {

enum class Environment { development, production, test };
enum class LogFormat { automatic, json, human };
// OTEL_TRACES_SAMPLER's names.
enum class TracesSampler {
  always_on,
  always_off,
  traceidratio,
  parentbased_always_on,
  parentbased_always_off,
  parentbased_traceidratio,
};

// Filled by load() or defaults(); an empty string, path or list means unset.
struct Config {
  std::string host;
  std::uint16_t port = 0;          // 0: a free one
  std::uint16_t http_threads = 0;  // 0: one per core
  std::vector<std::string> api_keys;

  std::filesystem::path data_dir;
  std::string database_url;
  std::optional<std::uint64_t> disk_reserve;  // bytes; none: what fits the disk

  std::uint64_t intake_lag_max = 0;        // records; 0: no limit
  std::uint64_t intake_in_flight_max = 0;  // requests

  std::vector<std::string> kafka_brokers;  // host:port; empty: the embedded log
  std::string topic_user_events;
  std::string topic_notification_events;
  std::string topic_analytics_events;
  std::uint16_t topic_partitions = 0;
  std::string notification_service_group;
  std::string email_service_group;
  std::string sms_service_group;
  std::string analytics_service_group;
  std::map<std::string, std::string> kafka_properties;  // librdkafka's names

  std::filesystem::path workflows_dir;  // empty: the set that is compiled in
  std::filesystem::path templates_dir;
  std::string default_region;           // ISO 3166-1 alpha-2
  std::vector<std::string> categories;  // planning/category.h

  std::string smtp_url;  // empty: sandbox
  std::string smpp_url;  // empty: sandbox
  std::string email_from;
  std::string sms_from;
  std::uint16_t retry_attempts_max = 0;
  std::chrono::milliseconds retry_backoff_base{};
  std::chrono::milliseconds retry_backoff_cap{};
  std::chrono::milliseconds email_expires_after{};
  std::chrono::milliseconds sms_expires_after{};

  std::string otlp_endpoint;  // empty: no traces are exported
  std::vector<std::string> otlp_headers;
  std::string otel_service_name;
  TracesSampler traces_sampler = TracesSampler::parentbased_always_on;
  double traces_ratio = 1;
  bool traceparent_in_mail = true;

  Environment environment = Environment::development;
  std::string log_level;  // debug, info, warning, error
  LogFormat log_format = LogFormat::automatic;
  std::chrono::milliseconds drain_timeout{};

  bool uses_kafka() const { return !kafka_brokers.empty(); }
  bool uses_postgresql() const { return database_url.starts_with("postgres"); }

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace vestnik::config
