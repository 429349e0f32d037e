#include "log/kafka/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>

namespace vestnik::log::kafka {
namespace {

// What the constructor complains of; empty: nothing.
std::string complaint(std::map<std::string, std::string> properties) {
  try {
    KafkaLog log({.brokers = "127.0.0.1:1", .properties = std::move(properties)});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(KafkaSettings, NameThePropertyThatIsUnknown) {
  EXPECT_THAT(complaint({{"security.protocl", "ssl"}}), testing::HasSubstr("'security.protocl'"));
}

TEST(KafkaSettings, NameThePropertyWithABadValue) {
  EXPECT_THAT(complaint({{"socket.timeout.ms", "soon"}}), testing::HasSubstr("'socket.timeout.ms'"));
  EXPECT_THAT(complaint({{"security.protocol", "carrier-pigeon"}}),
              testing::HasSubstr("'security.protocol'"));
}

TEST(KafkaSettings, RefuseWhatTheGuaranteesRestOn) {
  for (const char* name : {"acks", "enable.idempotence", "max.in.flight", "enable.auto.commit",
                           "auto.offset.reset", "group.id", "delivery.report.only.error"})
    EXPECT_THAT(complaint({{name, "0"}}), testing::HasSubstr(name));
}

TEST(KafkaSettings, NeverQuoteASecret) {
  EXPECT_THAT(complaint({{"ssl.key.pem", "hunter2"}}), testing::Not(testing::HasSubstr("hunter2")));
}

TEST(KafkaSettings, TakeTlsAndSasl) {
  EXPECT_EQ(complaint({{"security.protocol", "sasl_plaintext"},
                       {"sasl.mechanisms", "SCRAM-SHA-256"},
                       {"sasl.username", "vestnik"},
                       {"sasl.password", "secret"},
                       {"compression.type", "lz4"},
                       {"session.timeout.ms", "10000"}}),
            "");
  EXPECT_EQ(complaint({{"security.protocol", "ssl"}, {"ssl.endpoint.identification.algorithm", "https"}}),
            "");
}

TEST(KafkaSettings, NeedBrokers) { EXPECT_THROW(KafkaLog({}), std::invalid_argument); }

TEST(KafkaSettings, VariablesNameProperties) {
  EXPECT_EQ(property_of_variable("SASL_USERNAME"), "sasl.username");
  EXPECT_EQ(property_of_variable("SECURITY_PROTOCOL"), "security.protocol");
}

}  // namespace
}  // namespace vestnik::log::kafka
