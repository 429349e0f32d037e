#include "config/kafka_properties.h"

#include <algorithm>
#include <cctype>

namespace vestnik::config {
namespace {

struct Refusal {
  std::string_view name;
  std::string_view reason;
};
constexpr Refusal refusals[] = {
    {"bootstrap.servers", "the brokers are set with KAFKA_BROKERS"},
    {"metadata.broker.list", "the brokers are set with KAFKA_BROKERS"},
    {"group.id", "each service's group has an option of its own, such as EMAIL_SERVICE_GROUP"},
    {"acks", "a record is only accepted when all replicas in sync have it"},
    {"request.required.acks", "a record is only accepted when all replicas in sync have it"},
    {"enable.idempotence", "without it a user's records could change their order"},
    {"enable.auto.commit", "an offset is let go only when its record has been dealt with"},
    {"enable.auto.offset.store", "an offset is let go only when its record has been dealt with"},
    {"auto.offset.reset", "a new group must begin with the earliest record, or notifications would be lost"},
};

}  // namespace

std::string kafka_property_name(std::string_view variable_rest) {
  std::string name(variable_rest);
  for (char& c : name) c = c == '_' ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool is_secret_kafka_property(std::string_view name) {
  return name.contains("password") || name.contains("secret") || name == "ssl.key.pem" ||
         name == "sasl.jaas.config" || name == "sasl.oauthbearer.config" ||
         name == "sasl.oauthbearer.assertion.private.key.pem" ||
         name == "sasl.oauthbearer.assertion.private.key.passphrase";
}

std::optional<std::string_view> refused_kafka_property(std::string_view name) {
  const auto refusal = std::ranges::find(refusals, name, &Refusal::name);
  if (refusal == std::end(refusals)) return std::nullopt;
  return refusal->reason;
}

}  // namespace vestnik::config
