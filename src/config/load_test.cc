#include "config/load.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/temporary_directory.h"
#include "config/option.h"

namespace vestnik::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Load : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view content) {
    const auto path = directory_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }

  Result<Config, Problems> load_with(std::map<std::string, std::string> environment, Role role = Role::all) {
    return load({.environment = std::move(environment), .role = role, .directory = directory_});
  }

  // Problems as lines, with the directory's name left out.
  std::vector<std::string> problems(std::map<std::string, std::string> environment, Role role = Role::all) {
    const auto config = load_with(std::move(environment), role);
    std::vector<std::string> lines;
    if (config) return lines;
    for (const Problem& problem : config.error()) {
      std::string line = to_string(problem);
      for (const std::string prefix = directory_.string() + "/"; line.contains(prefix);)
        line.erase(line.find(prefix), prefix.size());
      lines.push_back(line);
    }
    return lines;
  }

  TemporaryDirectory temporary_;
  std::filesystem::path directory_ = temporary_.path();
};

TEST_F(Load, DefaultsAreTheContracts) {
  const auto config = load_with({});
  ASSERT_TRUE(config);
  EXPECT_EQ(*config, defaults());
  EXPECT_EQ(config->port, 8080);
  EXPECT_EQ(config->host, "127.0.0.1");
  EXPECT_EQ(config->data_dir, "./data");
  EXPECT_EQ(config->topic_user_events, "user-events");
  EXPECT_EQ(config->email_service_group, "email-service");
  EXPECT_EQ(config->email_from, "Vestnik <no-reply@localhost>");
  EXPECT_EQ(config->retry_attempts_max, 8);
  EXPECT_EQ(config->retry_backoff_base, std::chrono::seconds(5));
  EXPECT_EQ(config->sms_expires_after, std::chrono::hours(6));
  EXPECT_EQ(config->log_level, "info");
  EXPECT_FALSE(config->uses_kafka());
  EXPECT_FALSE(config->uses_postgresql());
}

TEST_F(Load, TheEnvironmentWinsOverTheFile) {
  write("vestnik.yaml", "port: 9000\nhost: localhost\nlog_level: debug\nsmtp_url:\n");
  const auto config = load_with({{"PORT", " 9001 "}, {"VESTNIK_HOST", ""}, {"KAFKA_BROKERS", "a:1, b:2"}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->port, 9001);
  EXPECT_EQ(config->host, "localhost") << "an empty variable counts as unset";
  EXPECT_EQ(config->log_level, "debug");
  EXPECT_THAT(config->kafka_brokers, ElementsAre("a:1", "b:2"));
}

TEST_F(Load, TheFileIsTheOneThatIsNamed) {
  write("vestnik.yaml", "port: 1\n");
  const std::string by_variable = write("variable.yaml", "port: 2\n");
  const std::string by_option = write("option.yaml", "port: 3\n");
  EXPECT_EQ(load_with({})->port, 1);
  EXPECT_EQ(load_with({{"VESTNIK_CONFIG", by_variable}})->port, 2);
  EXPECT_EQ(load({.config_file = by_option, .environment = {{"VESTNIK_CONFIG", by_variable}}})->port, 3);
  EXPECT_THAT(problems({{"VESTNIK_CONFIG", (directory_ / "none.yaml").string()}}),
              ElementsAre("none.yaml: no such file"));
  EXPECT_THAT(problems({{"VESTNIK_CONFIG", directory_.string()}}),
              ElementsAre(HasSubstr("is a directory, a file is expected")));
}

TEST_F(Load, AnUnreadableFileSaysWhy) {
  std::filesystem::create_symlink("vestnik.yaml", directory_ / "vestnik.yaml");
  EXPECT_THAT(problems({{"VESTNIK_CONFIG", (directory_ / "vestnik.yaml").string()}}),
              ElementsAre(HasSubstr("vestnik.yaml: can't be read: ")));
  std::filesystem::remove(directory_ / "vestnik.yaml");
  if (geteuid() == 0) return;  // whom permissions don't stop
  const std::string path = write("vestnik.yaml", "port: 1\n");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_THAT(problems({}), ElementsAre("vestnik.yaml: can't be read: Permission denied"));
}

TEST_F(Load, EveryOptionIsAKeyOfTheFileToo) {
  for (const Option& option : options()) {
    if (option.default_text.empty()) continue;
    write("vestnik.yaml", option.key() + ": '" + std::string(option.default_text) + "'\n");
    EXPECT_EQ(load_with({}), defaults()) << option.variable;
  }
}

TEST_F(Load, AllProblemsAreReportedAtOnceWithTheirPlaces) {
  write("vestnik.yaml",
        "prot: 8080\n"
        "port: many\n"
        "kafka_brokers: [kafka]\n"
        "log_level: [debug]\n"
        "retry_attempts_max: 0\n"
        "environment: prod\n"
        "data_dir: {a: b}\n"
        "kafka_brokers: b:1\n");
  EXPECT_THAT(problems({}),
              ElementsAre("vestnik.yaml:8:1: \"kafka_brokers\" stands here twice, first in line 3"));
  write("vestnik.yaml",
        "prot: 8080\n"
        "port: many\n"
        "kafka_brokers: [kafka]\n"
        "log_level: [debug]\n"
        "retry_attempts_max: 0\n"
        "environment: prod\n"
        "  # indented comment\n"
        "data_dir: {a: b}\n"
        "something: else\n");
  EXPECT_THAT(
      problems({{"VESTNIK_HTTP_THREADS", "1000"}, {"VESTNIK_DATADIR", "/x"}}),
      ElementsAre("vestnik.yaml:1:1: unknown key \"prot\", did you mean \"port\"?",
                  "vestnik.yaml:2:1: port must be a whole number from 0 to 65535, not \"many\"",
                  "vestnik.yaml:3:1: kafka_brokers must be a list, each host:port, not \"kafka\"",
                  "vestnik.yaml:4:12: log_level must be a single value, not a list",
                  "vestnik.yaml:5:1: retry_attempts_max must be a whole number from 1 to 1000, not \"0\"",
                  "vestnik.yaml:6:1: environment must be development, production or test, not \"prod\"",
                  "vestnik.yaml:8:11: data_dir must be a single value, not a map",
                  "vestnik.yaml:9:1: unknown key \"something\"",
                  "environment: VESTNIK_HTTP_THREADS must be a whole number from 0 to 256, not \"1000\"",
                  "environment: unknown variable VESTNIK_DATADIR, did you mean \"VESTNIK_DATA_DIR\"?"));
}

TEST_F(Load, AFileThatIsNotAMapOfKeysIsRefused) {
  write("vestnik.yaml", "- port\n");
  EXPECT_THAT(problems({}), ElementsAre("vestnik.yaml:1:1: a map of keys and values is expected"));
  write("vestnik.yaml", "port: [\n");
  EXPECT_THAT(problems({}), ElementsAre(HasSubstr("vestnik.yaml:2:")));
  write("vestnik.yaml", "a:\n\tport: 1\n");
  EXPECT_THAT(problems({}), ElementsAre(HasSubstr("vestnik.yaml:2:1: a tab")));
}

TEST_F(Load, UnknownVariablesThatLookLikeOursAreErrors) {
  EXPECT_THAT(
      problems({{"VESTNIK_PROT", "1"},
                {"SMTP_URI", "x"},
                {"KAFKA_BROKER", "a:1"},
                {"EMAIL_FORM", "a@b"},
                {"OTEL_TRACE_SAMPLER", "x"}}),
      ElementsAre("environment: unknown variable EMAIL_FORM, did you mean \"EMAIL_FROM\"?",
                  "environment: unknown variable KAFKA_BROKER, did you mean \"KAFKA_BROKERS\"?",
                  "environment: unknown variable OTEL_TRACE_SAMPLER, did you mean \"OTEL_TRACES_SAMPLER\"?",
                  "environment: unknown variable SMTP_URI, did you mean \"SMTP_URL\"?",
                  "environment: unknown variable VESTNIK_PROT, did you mean \"VESTNIK_HOST\"?"));
}

TEST_F(Load, OthersVariablesAreLeftAlone) {
  EXPECT_THAT(problems({{"PATH", "/bin"},
                        {"KAFKA_HEAP_OPTS", "-Xmx1G"},
                        {"OTEL_RESOURCE_ATTRIBUTES", "a=b"},
                        {"EMAIL_HOST_PASSWORD", "x"},
                        {"VESTNIK_CONFIG", ""},
                        {"VESTNIK_SERVICE_HOST", "10.0.0.1"},
                        {"VESTNIK_SERVICE_PORT_HTTP", "8080"},
                        {"VESTNIK_PORT", "tcp://10.0.0.1:8080"},
                        {"VESTNIK_PORT_8080_TCP_ADDR", "10.0.0.1"}}),
              ElementsAre());
}

TEST_F(Load, SecretsMayComeFromFiles) {
  const std::string url = write("url", "smtp://u:secret@h:25\n");
  const std::string keys =
      write("keys", "0123456789abcdef0123456789abcdef\nfedcba9876543210fedcba9876543210\n");
  const auto config = load_with({{"SMTP_URL_FILE", url}, {"VESTNIK_API_KEYS_FILE", keys}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->smtp_url, "smtp://u:secret@h:25");
  EXPECT_THAT(config->api_keys,
              ElementsAre("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"));

  write("vestnik.yaml", "smtp_url_file: " + url + "\n");
  EXPECT_EQ(load_with({})->smtp_url, "smtp://u:secret@h:25");
  EXPECT_EQ(load_with({{"SMTP_URL", "smtp://other"}})->smtp_url, "smtp://other");

  write("vestnik.yaml", "smtp_url: a\nsmtp_url_file: b\nlog_level_file: c\n");
  EXPECT_THAT(problems({{"SMPP_URL", "a"}, {"SMPP_URL_FILE", url}, {"DATABASE_URL_FILE", "/none"}}),
              ElementsAre("vestnik.yaml:2:1: smtp_url and smtp_url_file are both set",
                          HasSubstr("unknown key \"log_level_file\""),
                          "environment: DATABASE_URL_FILE: /none: no such file",
                          "environment: SMPP_URL and SMPP_URL_FILE are both set"));
}

TEST_F(Load, NoProblemShowsASecret) {
  for (const std::string& line :
       problems({{"DATABASE_URL", "mysql://hunter2"}, {"VESTNIK_API_KEYS", "hunter2"}}))
    EXPECT_THAT(line, ::testing::Not(HasSubstr("hunter2")));
  EXPECT_EQ(problems({{"DATABASE_URL", "mysql://hunter2"}, {"VESTNIK_API_KEYS", "hunter2"}}).size(), 2u);
}

TEST_F(Load, KafkaPropertiesReachLibrdkafkaUnderItsNames) {
  const std::string password = write("password", "hunter2\n");
  write("vestnik.yaml",
        "kafka_properties:\n  sasl.username: file\n  security.protocol: sasl_ssl\n  sasl.password.file: " +
            password + "\n");
  const auto config = load_with({{"KAFKA_PROPERTY_SASL_USERNAME", "environment"}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->kafka_properties, (std::map<std::string, std::string>{{"sasl.username", "environment"},
                                                                          {"security.protocol", "sasl_ssl"},
                                                                          {"sasl.password", "hunter2"}}));

  write("vestnik.yaml", "kafka_properties:\n  acks: 0\n  x: [1]\n");
  EXPECT_THAT(
      problems({{"KAFKA_PROPERTY_BOOTSTRAP_SERVERS", "a:1"}}),
      ElementsAre(HasSubstr("vestnik.yaml:2:3: kafka_properties: acks can't be set"),
                  "vestnik.yaml:3:3: kafka_properties: x must be a single value, not a list",
                  HasSubstr("KAFKA_PROPERTY_BOOTSTRAP_SERVERS can't be set: the brokers are set with")));
  write("vestnik.yaml", "kafka_properties: plaintext\n");
  EXPECT_THAT(problems({}), ElementsAre(HasSubstr("kafka_properties must be a map, not a single value")));
}

TEST_F(Load, CrossChecksLeaveOutWhatWasRefusedAlready) {
  EXPECT_THAT(
      problems({{"KAFKA_BROKERS", "kafka"}}, Role::email_service),
      ElementsAre(HasSubstr("KAFKA_BROKERS must be"), HasSubstr("email-service alone needs DATABASE_URL")));
  EXPECT_THAT(problems({{"VESTNIK_HOST", "0.0.0.0"}, {"VESTNIK_API_KEYS", "short"}}),
              ElementsAre(HasSubstr("VESTNIK_API_KEYS must be")));
}

}  // namespace
}  // namespace vestnik::config
