#include "config/cross_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/option.h"

namespace vestnik::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> problems(const Config& config, Role role = Role::all) {
  std::vector<std::string> lines;
  for (const Problem& problem : cross_check(config, role, [](auto) { return true; }))
    lines.push_back(to_string(problem));
  return lines;
}

TEST(CrossCheck, DefaultsFitTogether) { EXPECT_THAT(problems(defaults()), ElementsAre()); }

TEST(CrossCheck, AHostOthersCanReachNeedsKeys) {
  Config config = defaults();
  for (const char* host : {"0.0.0.0", "::", "192.168.0.1", "127.example.org", "vestnik"}) {
    config.host = host;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("VESTNIK_API_KEYS is needed"))) << host;
  }
  config.api_keys = {"0123456789abcdef0123456789abcdef"};
  EXPECT_THAT(problems(config), ElementsAre());
  config.api_keys.clear();
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    config.host = host;
    EXPECT_THAT(problems(config), ElementsAre()) << host;
  }
}

TEST(CrossCheck, ASplitRoleNeedsKafkaAndAStoreThatOthersSee) {
  Config config = defaults();
  for (const Role role : all_roles) {
    if (role == Role::all) continue;
    EXPECT_THAT(problems(config, role),
                ElementsAre(HasSubstr("needs KAFKA_BROKERS"), HasSubstr("needs DATABASE_URL")));
  }
  config.kafka_brokers = {"kafka:9092"};
  EXPECT_THAT(problems(config, Role::sms_service), ElementsAre(HasSubstr("DATABASE_URL=sqlite: says")));
  EXPECT_THAT(problems(config, Role::all), ElementsAre()) << "all in one process may keep SQLite";
  config.database_url = "sqlite:";
  EXPECT_THAT(problems(config, Role::sms_service), ElementsAre());
  config.database_url = "postgresql://db/vestnik";
  EXPECT_THAT(problems(config, Role::sms_service), ElementsAre());
  EXPECT_TRUE(config.uses_postgresql());
}

TEST(CrossCheck, ASplitRoleMaySayThatItIsTheOnlyOneOnTheEmbeddedFile) {
  Config config = defaults();
  config.database_url = "sqlite:";
  EXPECT_THAT(problems(config, Role::email_service), ElementsAre());
  config.database_url = "postgresql://db/vestnik";
  EXPECT_THAT(problems(config, Role::email_service), ElementsAre(HasSubstr("needs KAFKA_BROKERS")));
}

TEST(CrossCheck, TopicsAndGroupsDiffer) {
  Config config = defaults();
  config.topic_analytics_events = config.topic_user_events;
  config.sms_service_group = config.email_service_group;
  EXPECT_THAT(
      problems(config),
      ElementsAre(
          "KAFKA_TOPIC_USER_EVENTS and KAFKA_TOPIC_ANALYTICS_EVENTS are both \"user-events\": each kind "
          "of record needs a topic of its own",
          "EMAIL_SERVICE_GROUP and SMS_SERVICE_GROUP are both \"email-service\": services of one group "
          "would take each other's records"));
}

TEST(CrossCheck, BackoffStartsBelowItsCap) {
  Config config = defaults();
  config.retry_backoff_base = config.retry_backoff_cap + std::chrono::milliseconds(1);
  EXPECT_THAT(problems(config), ElementsAre(HasSubstr("is longer than")));
}

}  // namespace
}  // namespace vestnik::config
