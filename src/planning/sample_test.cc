#include "planning/sample.h"

#include <gtest/gtest.h>

#include "config/option.h"
#include "planning/configured.h"

namespace vestnik::planning {
namespace {

json::object sample_of(std::map<std::string, std::string> parts) {
  SourceFiles files;
  for (auto& [name, content] : parts) files["a/" + name] = {"a/" + name, content};
  return sample_data(*TemplateSet::compile(files)->find("a"), "user_registered");
}

std::string own(json::object sample) {
  for (const char* name : {"email", "phone", "user_id", "event_type"}) EXPECT_NE(sample.erase(name), 0u);
  return json::serialize(sample);
}

TEST(Sample, TheFilesIsTakenAsItIs) {
  const json::object sample = sample_of(
      {{"sms.txt", "{{code}} {{name}}"}, {"sample.json", R"({"code": 4711, "email": "b@b.example"})"}});
  EXPECT_EQ(sample.at("code").as_int64(), 4711);
  EXPECT_EQ(sample.at("email").as_string(), "b@b.example");
  EXPECT_EQ(sample.at("event_type").as_string(), "user_registered");
  EXPECT_FALSE(sample.contains("name"));
}

TEST(Sample, WithoutAFileEveryNameStandsForItself) {
  EXPECT_EQ(own(sample_of({{"sms.txt", "{{code}} {{#shop}}{{shop.city.name}} {{shop.city.zip}}{{/shop}}"}})),
            R"({"code":"code","shop":{"city":{"name":"name","zip":"zip"}}})");
  EXPECT_EQ(own(sample_of({{"sms.txt", "{{#items}}{{.}} {{title}}{{/items}} {{email}}"}})),
            R"({"items":"items","title":"title"})");
  EXPECT_EQ(own(sample_of({{"sms.txt", "no names"}})), "{}");
}

TEST(Sample, ANameWithTooManyLevelsIsCut) {
  std::string name = "a";
  for (int i = 0; i < 10'000; ++i) name += ".a";
  EXPECT_LT(own(sample_of({{"sms.txt", "{{" + name + "}}"}})).size(), 100u);
}

TEST(Sample, AMistakeInTheFileIsReported) {
  const auto problem = [](std::string content) {
    const auto set = TemplateSet::compile(
        {{"a/sms.txt", {"t/a/sms.txt", "x"}}, {"a/sample.json", {"t/a/sample.json", std::move(content)}}});
    return set ? std::string() : to_string(set.error().at(0));
  };
  EXPECT_EQ(problem(R"({"email": "", "x": [1]})"), "");
  EXPECT_TRUE(problem("[]").starts_with("t/a/sample.json: ")) << problem("[]");
  EXPECT_TRUE(problem("{\"a\": }").starts_with("t/a/sample.json: "));
  EXPECT_EQ(problem(R"({"phone": 7})"), "t/a/sample.json: phone must be a string");
}

TEST(Sample, ItIsNoPartOfTheVersion) {
  const auto version = [](SourceFiles files) { return TemplateSet::compile(files)->find("a")->version; };
  EXPECT_EQ(version({{"a/sms.txt", {"", "x"}}}),
            version({{"a/sms.txt", {"", "x"}}, {"a/sample.json", {"", "{}"}}}));
}

TEST(Sample, TheWelcomeSetHasOne) {
  const auto configured = load_configured(config::defaults()).value();
  EXPECT_EQ(configured.templates.find("welcome")->sample.value().at("name").as_string(), "Anna");
}

}  // namespace
}  // namespace vestnik::planning
