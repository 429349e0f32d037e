#include "analytics/parameters.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <utility>

#include "net/http_api.h"

namespace vestnik::analytics {

Parameters::Parameters(const net::HttpRequest& request, std::vector<std::string_view> known,
                       std::initializer_list<std::string_view> repeatable)
    : request_(request) {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end()) {
      problem_ = net::invalid_value(
          name, known.empty() ? "There are no parameters here."
                              : fmt::format("There is no such parameter here; those that are: {}.",
                                            fmt::join(known, ", ")));
      return;
    }
    if (!seen.insert(name).second && std::ranges::find(repeatable, name) == repeatable.end())
      refuse(name, "be given once");
  }
}

void Parameters::refuse(std::string_view name, std::string_view must) {
  if (!problem_) problem_ = net::invalid_value(std::string(name), fmt::format("{} must {}.", name, must));
}

std::string Parameters::text(std::string_view name, std::size_t characters_max) {
  const auto value = net::query_value(request_, name);
  if (!value) return {};
  if (net::is_line_of_text(*value, characters_max)) return std::string(*value);
  refuse(name, fmt::format("be one line of 1 to {} characters", characters_max));
  return {};
}

std::optional<Timestamp> Parameters::time(std::string_view name) {
  const auto value = net::query_value(request_, name);
  if (!value) return std::nullopt;
  const auto time = parse_rfc3339(*value);
  if (!time) refuse(name, "be a time such as 2026-11-23T14:17:06Z (RFC 3339)");
  return time;
}

std::optional<Channel> Parameters::channel() {
  const auto value = net::query_value(request_, "channel");
  if (!value) return std::nullopt;
  const auto channel = parse_channel(*value);
  if (!channel) refuse("channel", "be email or sms");
  return channel;
}

std::size_t Parameters::limit(std::size_t by_default, std::size_t max) {
  auto limit = net::limit_parameter(request_, by_default, max);
  if (limit) return *limit;
  if (!problem_) problem_ = std::move(limit.error());
  return by_default;
}

std::string Parameters::one_of(std::string_view name, std::initializer_list<std::string_view> values,
                               std::string_view by_default) {
  const auto value = net::query_value(request_, name);
  if (!value) return std::string(by_default);
  if (std::ranges::find(values, *value) != values.end()) return std::string(*value);
  refuse(name, fmt::format("be one of {}", fmt::join(values, ", ")));
  return std::string(by_default);
}

std::vector<std::string> Parameters::all_of(std::string_view name,
                                            const std::function<bool(std::string_view)>& allowed,
                                            std::string_view must) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request_.query) {
    if (key != name) continue;
    if (!allowed(value)) {
      refuse(name, must);
      return {};
    }
    values.push_back(value);
  }
  return values;
}

}  // namespace vestnik::analytics
