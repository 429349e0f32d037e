// The kinds of values an option can have: each knows how to read, check and show itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "config/option.h"

namespace vestnik::config {

// What a text must look like. `accepts` completes "must be …".
struct Form {
  std::string_view accepts;
  bool (*matches)(std::string_view text);
};

Value integer(std::uint16_t Config::* member, std::uint16_t min, std::uint16_t max);
Value integer(std::uint64_t Config::* member, std::uint64_t min, std::uint64_t max);
Value duration(std::chrono::milliseconds Config::* member, std::chrono::milliseconds min,
               std::chrono::milliseconds max);
Value ratio(double Config::* member);  // 0 to 1
// `auto` is none: the program chooses.
Value byte_size_or_auto(std::optional<std::uint64_t> Config::* member);
Value text(std::string Config::* member, Form form);
Value text_list(std::vector<std::string> Config::* member, Form form);
Value path(std::filesystem::path Config::* member);

template <class E>
Value choice(E Config::* member, std::vector<std::pair<std::string_view, E>> choices);

// "a, b or c"
std::string enumerate(const std::vector<std::string_view>& names);

template <class E>
Value choice(E Config::* member, std::vector<std::pair<std::string_view, E>> choices) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  Value result;
  result.accepts = enumerate(names);
  result.set = [=, accepts = result.accepts](Config& config,
                                             std::string_view text) -> Result<void, std::string> {
    for (const auto& [name, value] : choices) {
      if (name != text) continue;
      config.*member = value;
      return {};
    }
    return std::unexpected(accepts);
  };
  result.show = [=](const Config& config) {
    for (const auto& [name, value] : choices)
      if (value == config.*member) return std::string(name);
    return std::string();
  };
  return result;
}

// Surrounding spaces, tabs and line ends removed.
std::string_view trimmed(std::string_view text);

namespace forms {
extern const Form any_line;  // no control characters
extern const Form host;      // an IP address or a host name
extern const Form broker;    // host:port
extern const Form topic;     // Kafka's legal names (org.apache.kafka.common.internals.Topic)
extern const Form group;
extern const Form database_url;
extern const Form api_key;
extern const Form mailbox;
extern const Form sms_sender;
extern const Form region;
extern const Form header;  // name=value, the value percent-encoded
}  // namespace forms

}  // namespace vestnik::config
