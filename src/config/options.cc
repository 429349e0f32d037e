#include <cassert>
#include <cctype>

#include "config/option.h"
#include "config/values.h"

namespace vestnik::config {
namespace {

using namespace std::chrono_literals;

Value log_level() {
  Value value = text(&Config::log_level, {"debug, info, warning or error", [](std::string_view level) {
                                            return level == "debug" || level == "info" ||
                                                   level == "warning" || level == "error";
                                          }});
  return value;
}

void declare_http(std::vector<Option>& all) {
  all.push_back({"PORT", Section::http, "8080", "Port of the HTTP server; 0 takes a free one.",
                 integer(&Config::port, 0, 65535)});
  all.push_back({"VESTNIK_HOST", Section::http, "127.0.0.1",
                 "Address the HTTP server listens on; one that isn't loopback needs VESTNIK_API_KEYS.",
                 text(&Config::host, forms::host)});
  all.push_back({"VESTNIK_HTTP_THREADS", Section::http, "0",
                 "Threads that serve HTTP; 0 is one for each two cores.",
                 integer(&Config::http_threads, 0, 256)});
  all.push_back({"VESTNIK_API_KEYS", Section::http, "", "Keys that clients of the API prove themselves with.",
                 text_list(&Config::api_keys, forms::api_key), true});
}

void declare_intake(std::vector<Option>& all) {
  all.push_back({"VESTNIK_INTAKE_IN_FLIGHT_MAX", Section::intake, "10000",
                 "Requests taken and not yet settled by log and store, answered or not; one more is "
                 "answered 429 at once.",
                 integer(&Config::intake_in_flight_max, 1, 1'000'000)});
  all.push_back({"VESTNIK_INTAKE_LAG_MAX", Section::intake, "1000000",
                 "Records accepted and not yet planned, or planned and not yet in the ledger, beyond which "
                 "intake answers 503; 0 is no limit. A process knows the lag of the partitions it consumes "
                 "itself, so user-service alone has no such limit.",
                 integer(&Config::intake_lag_max, 0, 1'000'000'000'000)});
  all.push_back(
      {"VESTNIK_DISK_RESERVE", Section::intake, "auto",
       "Free room on the disk of VESTNIK_DATA_DIR below which intake answers 503 while delivery goes "
       "on; `auto` is 256MiB, on a small disk 5 % of it; 0 is none. Only where log or store is "
       "embedded.",
       byte_size_or_auto(&Config::disk_reserve)});
}

void declare_storage(std::vector<Option>& all) {
  all.push_back({"VESTNIK_DATA_DIR", Section::storage, "./data", "Directory of the embedded log and store.",
                 path(&Config::data_dir)});
  all.push_back(
      {"DATABASE_URL", Section::storage, "",
       "PostgreSQL in place of the embedded store; `sqlite:` says knowingly that one service on Kafka keeps "
       "its own embedded store.",
       text(&Config::database_url, forms::database_url), true});
}

void declare_kafka(std::vector<Option>& all) {
  all.push_back({"KAFKA_BROKERS", Section::kafka, "", "Kafka in place of the embedded log.",
                 text_list(&Config::kafka_brokers, forms::broker)});
  all.push_back({"KAFKA_TOPIC_USER_EVENTS", Section::kafka, "user-events", "Topic of accepted events.",
                 text(&Config::topic_user_events, forms::topic)});
  all.push_back({"KAFKA_TOPIC_NOTIFICATION_EVENTS", Section::kafka, "notification-events",
                 "Topic of planned notifications.", text(&Config::topic_notification_events, forms::topic)});
  all.push_back({"KAFKA_TOPIC_ANALYTICS_EVENTS", Section::kafka, "analytics-events",
                 "Topic of what happened to them since.",
                 text(&Config::topic_analytics_events, forms::topic)});
  all.push_back({"KAFKA_TOPIC_PARTITIONS", Section::kafka, "8",
                 "Partitions of a topic that Vestnik creates; existing topics keep theirs.",
                 integer(&Config::topic_partitions, 1, 1024)});
  all.push_back({"NOTIFICATION_SERVICE_GROUP", Section::kafka, "notification-service",
                 "Consumer group of notification-service.",
                 text(&Config::notification_service_group, forms::group)});
  all.push_back({"EMAIL_SERVICE_GROUP", Section::kafka, "email-service", "Consumer group of email-service.",
                 text(&Config::email_service_group, forms::group)});
  all.push_back({"SMS_SERVICE_GROUP", Section::kafka, "sms-service", "Consumer group of sms-service.",
                 text(&Config::sms_service_group, forms::group)});
  all.push_back({"ANALYTICS_SERVICE_GROUP", Section::kafka, "analytics-service",
                 "Consumer group of analytics-service.",
                 text(&Config::analytics_service_group, forms::group)});
}

void declare_planning(std::vector<Option>& all) {
  all.push_back({"VESTNIK_WORKFLOWS_DIR", Section::planning, "",
                 "Directory of workflows that replaces the welcome set compiled in.",
                 path(&Config::workflows_dir)});
  all.push_back({"VESTNIK_TEMPLATES_DIR", Section::planning, "",
                 "Directory of templates that replaces the welcome set compiled in.",
                 path(&Config::templates_dir)});
  all.push_back(
      {"VESTNIK_DEFAULT_REGION", Section::planning, "",
       "Country whose national phone numbers are understood; unset, a number begins with + and its country.",
       text(&Config::default_region, forms::region)});
  all.push_back({"VESTNIK_CATEGORIES", Section::planning, "",
                 "How the notifications of a category are delivered, such as `otp in_doubt=hold attempts=3 "
                 "expires_after=5m`; docs/delivery.md lists the settings.",
                 text_list(&Config::categories, forms::any_line)});
}

void declare_delivery(std::vector<Option>& all) {
  all.push_back({"SMTP_URL", Section::delivery, "",
                 "Mail server, `smtp://user:pass@host:port?tls=never|opportunistic|required` or `smtps://…`; "
                 "several with "
                 "spaces between them, as docs/delivery.md says; unset, e-mail stays in the sandbox.",
                 text(&Config::smtp_url, forms::any_line), true});
  all.push_back({"SMPP_URL", Section::delivery, "",
                 "SMS centre, `smpp://system_id:password@host:port?window=100&binds=1`; several as with "
                 "SMTP_URL; unset, SMS stay in the sandbox.",
                 text(&Config::smpp_url, forms::any_line), true});
  all.push_back({"EMAIL_FROM", Section::delivery, "Vestnik <no-reply@localhost>", "Sender of e-mails.",
                 text(&Config::email_from, forms::mailbox)});
  all.push_back({"SMS_FROM", Section::delivery, "Vestnik", "Sender of SMS.",
                 text(&Config::sms_from, forms::sms_sender)});
  all.push_back({"VESTNIK_RETRY_ATTEMPTS_MAX", Section::delivery, "8",
                 "Attempts, the first included, before a notification is given up.",
                 integer(&Config::retry_attempts_max, 1, 1000)});
  all.push_back({"VESTNIK_RETRY_BACKOFF_BASE", Section::delivery, "5s",
                 "Longest pause before the second attempt; it doubles with every attempt.",
                 duration(&Config::retry_backoff_base, 1ms, 24h)});
  all.push_back({"VESTNIK_RETRY_BACKOFF_CAP", Section::delivery, "1h", "Longest pause between two attempts.",
                 duration(&Config::retry_backoff_cap, 1ms, 24h * 7)});
  all.push_back(
      {"VESTNIK_EMAIL_EXPIRES_AFTER", Section::delivery, "24h",
       "Time from acceptance after which an e-mail isn't worth sending; a workflow's step may say another.",
       duration(&Config::email_expires_after, 1s, 24h * 365)});
  all.push_back({"VESTNIK_SMS_EXPIRES_AFTER", Section::delivery, "6h", "The same for SMS.",
                 duration(&Config::sms_expires_after, 1s, 24h * 365)});
}

void declare_tracing(std::vector<Option>& all) {
  all.push_back(
      {"OTEL_EXPORTER_OTLP_ENDPOINT", Section::tracing, "",
       "OpenTelemetry receiver that spans are sent to, `http://127.0.0.1:4318`: OTLP/HTTP with JSON, "
       "at /v1/traces below it; unset, none are made.",
       text(&Config::otlp_endpoint, forms::any_line)});
  all.push_back({"OTEL_EXPORTER_OTLP_HEADERS", Section::tracing, "",
                 "Headers of those requests, `Authorization=Bearer%20key`.",
                 text_list(&Config::otlp_headers, forms::header), true});
  all.push_back({"OTEL_SERVICE_NAME", Section::tracing, "",
                 "service.name of the spans; unset, the role (`user-service`), or `vestnik` for all in one.",
                 text(&Config::otel_service_name, forms::any_line)});
  all.push_back(
      {"OTEL_TRACES_SAMPLER", Section::tracing, "parentbased_always_on",
       "Which traces are recorded; `parentbased_…` only decides where the request brings no traceparent.",
       choice<TracesSampler>(&Config::traces_sampler,
                             {{"always_on", TracesSampler::always_on},
                              {"always_off", TracesSampler::always_off},
                              {"traceidratio", TracesSampler::traceidratio},
                              {"parentbased_always_on", TracesSampler::parentbased_always_on},
                              {"parentbased_always_off", TracesSampler::parentbased_always_off},
                              {"parentbased_traceidratio", TracesSampler::parentbased_traceidratio}})});
  all.push_back({"OTEL_TRACES_SAMPLER_ARG", Section::tracing, "1",
                 "Share of the traces that …traceidratio records.", ratio(&Config::traces_ratio)});
  all.push_back({"VESTNIK_TRACEPARENT_IN_MAIL", Section::tracing, "true",
                 "Whether an e-mail whose trace is recorded carries it in a header `traceparent`.",
                 choice<bool>(&Config::traceparent_in_mail, {{"true", true}, {"false", false}})});
}

void declare_process(std::vector<Option>& all) {
  all.push_back({"ENVIRONMENT", Section::process, "development", "What kind of installation this is.",
                 choice<Environment>(&Config::environment, {{"development", Environment::development},
                                                            {"production", Environment::production},
                                                            {"test", Environment::test}})});
  all.push_back(
      {"LOG_LEVEL", Section::process, "info", "Least important log lines that are written.", log_level()});
  all.push_back({"VESTNIK_LOG_FORMAT", Section::process, "auto",
                 "Form of log lines; `auto` is human on a terminal and JSON elsewhere.",
                 choice<LogFormat>(&Config::log_format, {{"auto", LogFormat::automatic},
                                                         {"json", LogFormat::json},
                                                         {"human", LogFormat::human}})});
  all.push_back({"VESTNIK_DRAIN_TIMEOUT", Section::process, "20s",
                 "Time that open work gets to finish after SIGTERM.",
                 duration(&Config::drain_timeout, 0ms, 1h)});
}

}  // namespace

std::string_view title(Section section) {
  switch (section) {
    case Section::http: return "HTTP";
    case Section::intake: return "Intake";
    case Section::storage: return "Storage";
    case Section::kafka: return "Kafka";
    case Section::planning: return "Planning";
    case Section::delivery: return "Delivery";
    case Section::tracing: return "Tracing";
    case Section::process: return "Process";
  }
  return "";
}

std::string key_of(std::string_view variable) {
  constexpr std::string_view prefix = "VESTNIK_";
  if (variable.starts_with(prefix)) variable.remove_prefix(prefix.size());
  std::string key(variable);
  for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return key;
}

std::string Option::key() const { return key_of(variable); }

std::span<const Option> options() {
  static const std::vector<Option> all = [] {
    std::vector<Option> declared;
    declare_http(declared);
    declare_intake(declared);
    declare_storage(declared);
    declare_kafka(declared);
    declare_planning(declared);
    declare_delivery(declared);
    declare_tracing(declared);
    declare_process(declared);
    return declared;
  }();
  return all;
}

Config defaults() {
  Config config;
  for (const Option& option : options()) {
    if (option.default_text.empty()) continue;
    [[maybe_unused]] const auto set = option.value.set(config, option.default_text);
    assert(set && "a declared default passes its own check");
  }
  return config;
}

}  // namespace vestnik::config
