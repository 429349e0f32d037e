#include "planning/template_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::planning {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

SourceFiles files(std::map<std::string, std::string> contents) {
  SourceFiles all;
  for (auto& [name, content] : contents) all[name] = {"t/" + name, content};
  return all;
}

std::vector<std::string> set_problems(std::map<std::string, std::string> contents) {
  std::vector<std::string> lines;
  if (const auto set = TemplateSet::compile(files(std::move(contents))); !set)
    for (const auto& problem : set.error()) lines.push_back(to_string(problem));
  return lines;
}

TEST(TemplateSet, VersionFollowsFromContentAlone) {
  const std::map<std::string, std::string> contents{{"a/sms.txt", "Hi {{>sign}}"},
                                                    {"partials/sign.txt", "Vestnik"}};
  const auto version = [](std::map<std::string, std::string> c) {
    return TemplateSet::compile(files(std::move(c)))->find("a")->version;
  };
  EXPECT_THAT(version(contents), MatchesRegex("a@[0-9a-f]{8}"));
  EXPECT_EQ(version(contents), version(contents));
  auto changed = contents;
  changed["partials/sign.txt"] = "Herald";
  EXPECT_NE(version(changed), version(contents)) << "a partial is part of it";
  auto unrelated = contents;
  unrelated["partials/other.txt"] = "x";
  EXPECT_EQ(version(unrelated), version(contents));
}

TEST(TemplateSet, MistakesInTheLayoutAreReported) {
  EXPECT_THAT(
      set_problems({{"a/bdy.txt", ""}, {"loose.txt", ""}, {"b c/sms.txt", ""}, {"partials/x.md", ""}}),
      ElementsAre("t/a/bdy.txt: unknown part \"bdy.txt\", did you mean \"body.txt\"?",
                  "t/b c/sms.txt: \"b c\" can't be a template's name",
                  "t/loose.txt: a template is a directory with subject.txt, body.txt, … in it",
                  "t/partials/x.md: a partial ends in .txt or .html, as the parts that use it"));
}

TEST(TemplateSet, AMistakeInAPartialIsReportedOnce) {
  EXPECT_THAT(
      set_problems({{"a/sms.txt", "{{>p}}"}, {"b/sms.txt", "{{>p}}"}, {"partials/p.txt", "\n{{#x}}"}}),
      ElementsAre("t/partials/p.txt:2:1: section \"x\" is not closed"));
  EXPECT_THAT(set_problems({{"a/body.html", "{{>p}}"}, {"partials/p.txt", ""}}),
              ElementsAre("t/a/body.html:1:1: there is no partial \"p\""));
}

TEST(TemplateSet, SaysWhatAChannelLacks) {
  const auto set =
      TemplateSet::compile(files({{"a/subject.txt", "s"}, {"b/sms.txt", "s"}, {"c/body.txt", "s"}}));
  EXPECT_EQ(set->find("a")->lacks(Channel::email), "body.txt");
  EXPECT_EQ(set->find("a")->lacks(Channel::sms), "sms.txt");
  EXPECT_EQ(set->find("b")->lacks(Channel::sms), std::nullopt);
  EXPECT_EQ(set->find("c")->lacks(Channel::email), "subject.txt");
  EXPECT_EQ(set->find("none"), nullptr);
}

TEST(Render, EscapesByContext) {
  const auto set = TemplateSet::compile(files({{"a/subject.txt", "Hello {{name}}\n"},
                                               {"a/body.txt", "{{name}}\n"},
                                               {"a/body.html", "<p>{{name}}</p>"},
                                               {"a/sms.txt", "{{name}}\n\n"}}));
  const json::object given{{"name", "<script>\r\nBcc: x"}};
  const std::array<const json::object*, 1> data{&given};
  const auto email = render(*set->find("a"), Channel::email, data);
  EXPECT_EQ(email->subject, "Hello <script> Bcc: x");
  EXPECT_EQ(email->text, "<script>\nBcc: x\n");
  EXPECT_EQ(email->html, "<p>&lt;script&gt;\nBcc: x</p>");
  const auto sms = render(*set->find("a"), Channel::sms, data);
  EXPECT_EQ(sms->text, "<script>\nBcc: x");
  EXPECT_EQ(sms->subject + sms->html, "");
}

TEST(Render, TooMuchNamesThePart) {
  const auto set =
      TemplateSet::compile(files({{"a/subject.txt", "{{x}}"}, {"a/body.txt", "b"}, {"a/sms.txt", "{{x}}"}}));
  const json::object given{{"x", std::string(10 * 1024 * 1024, 'x')}};
  const std::array<const json::object*, 1> data{&given};
  EXPECT_EQ(render(*set->find("a"), Channel::email, data).error().message,
            "subject.txt: larger than 4096 bytes");
  EXPECT_EQ(render(*set->find("a"), Channel::sms, data).error().message, "sms.txt: larger than 4096 bytes");
}

}  // namespace
}  // namespace vestnik::planning
