#include "planning/workflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::planning {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

Result<Workflows, config::Problems> parse(std::string_view text,
                                          const std::string& name = "order_paid.yaml") {
  return parse_workflows({{name, {"w/" + name, std::string(text)}}});
}

std::vector<std::string> workflow_problems(std::string_view text, const std::string& name = "e.yaml") {
  std::vector<std::string> lines;
  if (const auto workflows = parse(text, name); !workflows)
    for (const auto& problem : workflows.error()) lines.push_back(to_string(problem));
  return lines;
}

TEST(Workflow, ReadsAllKeys) {
  const auto workflows = parse(
      "description: Thanks\n"
      "steps:\n"
      "  - name: thanks\n"
      "    channel: email\n"
      "    template: paid\n"
      "  - {name: reminder, channel: sms, template: paid, category: marketing, delay: 2h, expires_after: "
      "30m}\n");
  ASSERT_TRUE(workflows);
  const Workflow& workflow = workflows->at("order_paid");
  EXPECT_EQ(workflow.event_type, "order_paid");
  EXPECT_EQ(workflow.description, "Thanks");
  ASSERT_EQ(workflow.steps.size(), 2u);
  EXPECT_EQ(workflow.steps[0].category, "transactional");
  EXPECT_EQ(workflow.steps[0].delay, 0ms);
  EXPECT_FALSE(workflow.steps[0].expires_after);
  EXPECT_EQ(workflow.steps[1].channel, Channel::sms);
  EXPECT_EQ(workflow.steps[1].category, "marketing");
  EXPECT_EQ(workflow.steps[1].delay, 2h);
  EXPECT_EQ(workflow.steps[1].expires_after, 30min);
}

TEST(Workflow, AllMistakesAreReportedWithTheirPlaces) {
  EXPECT_THAT(
      workflow_problems("descripton: x\n"
                        "steps:\n"
                        "  - name: a\n"
                        "    channel: pigeon\n"
                        "    templat: t\n"
                        "  - name: a\n"
                        "    channel: sms\n"
                        "    template: [t]\n"
                        "    delay: soon\n"
                        "    expires_after: 0s\n"
                        "  - just text\n"
                        "  - {name: 'a b', channel: sms, template: t}\n"),
      ElementsAre(
          "w/e.yaml:1:1: unknown key \"descripton\", did you mean \"description\"?",
          "w/e.yaml:5:5: unknown key \"templat\", did you mean \"template\"?",
          "w/e.yaml:4:14: unknown channel \"pigeon\": email or sms", "w/e.yaml:3:5: \"template\" is missing",
          "w/e.yaml:6:11: there is a step \"a\" already",
          "w/e.yaml:8:15: template must be a single value, not a list",
          "w/e.yaml:9:12: delay must be a duration (ms, s, m, h, d) from 0s to 366d, not \"soon\"",
          "w/e.yaml:10:20: expires_after must be a duration (ms, s, m, h, d) from 1s to 366d, not \"0s\"",
          "w/e.yaml:11:5: a step is a map, not a single value",
          "w/e.yaml:12:12: name must be 1 to 64 letters, digits, '_', '-' or '.', not \"a b\""));
}

TEST(Workflow, WhatIsNotAWorkflowIsRefused) {
  EXPECT_THAT(workflow_problems(""),
              ElementsAre("w/e.yaml:1:1: a map with \"steps\" is expected, not nothing"));
  EXPECT_THAT(workflow_problems("description: x\n"), ElementsAre("w/e.yaml:1:1: \"steps\" is missing"));
  EXPECT_THAT(workflow_problems("steps: []\n"),
              ElementsAre("w/e.yaml:1:8: steps must be a list with at least one step"));
  EXPECT_THAT(workflow_problems("steps: {}\n", "e.yml"),
              ElementsAre("w/e.yml: a workflow's file is named <event type>.yaml"));
  EXPECT_THAT(workflow_problems("a: [\n").size(), 1u);
  std::string many = "steps:\n";
  for (int i = 0; i < 33; ++i) many += "  - {name: s" + std::to_string(i) + ", channel: sms, template: t}\n";
  EXPECT_THAT(workflow_problems(many), ElementsAre("w/e.yaml:2:3: more than 32 steps"));
}

}  // namespace
}  // namespace vestnik::planning
