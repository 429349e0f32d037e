#include "config/describe.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

#include "config/option.h"
#include "config/yaml.h"

namespace vestnik::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Describe, DocumentationIsUpToDate) {
  std::ifstream file("docs/configuration.md");
  const std::string there{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(there, options_as_markdown())
      << "write it anew: vestnik check-config --docs > docs/configuration.md";
}

TEST(Describe, EveryOptionIsInHelpAndDocumentation) {
  const std::string help = options_as_help();
  const std::string docs = options_as_markdown();
  for (const Option& option : options()) {
    EXPECT_THAT(help, HasSubstr(std::string(option.variable)));
    EXPECT_THAT(docs, HasSubstr("`" + std::string(option.variable) + "`"));
    EXPECT_THAT(docs, HasSubstr("`" + option.key() + "`"));
    EXPECT_TRUE(option.doc.ends_with('.')) << option.variable;
  }
}

TEST(Describe, EffectiveConfigurationIsYamlAndShowsNoSecret) {
  Config config = defaults();
  config.smtp_url = "smtp://u:hunter2@h";
  config.api_keys = {"hunter2hunter2hunter2hunter2"};
  config.email_from = "O'Neil <o@example.org>";
  config.kafka_properties = {{"sasl.password", "hunter2"}, {"sasl.username", "anna"}};
  const std::string shown = effective_configuration(config);
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, HasSubstr("port: '8080'  # default\n"));
  EXPECT_THAT(shown, HasSubstr("# smpp_url: unset\n"));
  const auto read = yaml::parse("shown", shown);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->find("email_from")->value.text, config.email_from);
  EXPECT_EQ(read->find("smtp_url")->value.text, "***");
  EXPECT_EQ(read->find("kafka_properties")->value.find("sasl.username")->value.text, "anna");
}

}  // namespace
}  // namespace vestnik::config
