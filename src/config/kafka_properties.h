// Properties that go to librdkafka as they are: KAFKA_PROPERTY_SASL_USERNAME is sasl.username.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vestnik::config {

inline constexpr std::string_view kafka_property_prefix = "KAFKA_PROPERTY_";

// "SASL_USERNAME" → "sasl.username"
std::string kafka_property_name(std::string_view variable_rest);

// Never shown, and "<name>.file" may name a file that holds it.
bool is_secret_kafka_property(std::string_view name);

// Why this property isn't the operator's to set; nothing: it is.
std::optional<std::string_view> refused_kafka_property(std::string_view name);

}  // namespace vestnik::config
