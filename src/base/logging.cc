#include "base/logging.h"

#include <fmt/format.h>
#include <memory>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/json.h"

namespace vestnik::logging {
namespace {

bool human_lines = true;

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto log =
        std::make_shared<spdlog::logger>("vestnik", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    log->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
    log->set_level(spdlog::level::info);
    return log;
  }();
  return *instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "error";
}

json::value field_value(const Field& field) {
  return std::visit([](const auto& v) { return json::value(v); }, field.value);
}

}  // namespace

bool configure(std::string_view level, bool human) {
  human_lines = human;
  if (!human) logger().set_pattern("%v");
  for (Level candidate : {Level::debug, Level::info, Level::warning, Level::error}) {
    if (level_name(candidate) == level) {
      logger().set_level(spdlog_level(candidate));
      return true;
    }
  }
  return false;
}

void write(Level level, std::string_view component, std::string_view message, Fields fields) {
  if (!logger().should_log(spdlog_level(level))) return;
  std::string line;
  if (human_lines) {
    line = fmt::format("[{}] {}", component, message);
    for (const Field& field : fields)
      line += fmt::format(" {}={}", field.name, json::serialize(field_value(field)));
  } else {
    json::object object{{"time", format_rfc3339(system_clock().now())},
                        {"level", level_name(level)},
                        {"component", component},
                        {"message", message}};
    for (const Field& field : fields) object[field.name] = field_value(field);
    line = json::serialize(object);
  }
  logger().log(spdlog_level(level), "{}", line);
}

}  // namespace vestnik::logging
