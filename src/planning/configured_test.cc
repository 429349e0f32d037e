#include "planning/configured.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "config/option.h"

namespace vestnik::planning {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConfiguredFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    config_ = config::defaults();
    config_.workflows_dir = directory_ / "w";
    config_.templates_dir = directory_ / "t";
    std::filesystem::create_directories(config_.workflows_dir);
    std::filesystem::create_directories(config_.templates_dir);
  }

  void write(const std::string& name, std::string_view content) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }

  std::vector<std::string> problems() {
    std::vector<std::string> lines;
    if (const auto configured = load_configured(config_); !configured) {
      for (const auto& problem : configured.error()) {
        std::string line = to_string(problem);
        if (line.starts_with(directory_.string())) line.erase(0, directory_.string().size() + 1);
        lines.push_back(line);
      }
    }
    std::ranges::sort(lines);
    return lines;
  }

  TemporaryDirectory temporary_;
  std::filesystem::path directory_ = temporary_.path();
  config::Config config_;
};

TEST(ShippedSet, IsCompiledInAndHasNoProblemsOrDoubts) {
  const auto configured = load_configured(config::defaults());
  ASSERT_TRUE(configured) << to_string(configured.error().front());
  EXPECT_EQ(configured->workflows.at("user_registered").steps.size(), 2u);
  EXPECT_THAT(doubts(*configured), IsEmpty());
}

TEST(ShippedSet, IsWhatStandsInTheTree) {
  const auto workflows = read_directory("workflows");
  const auto templates = read_directory("templates");
  ASSERT_TRUE(workflows && templates);
  const auto contents = [](const SourceFiles& files) {
    std::map<std::string, std::string> all;
    for (const auto& [name, file] : files) all[name] = file.content;
    return all;
  };
  EXPECT_EQ(contents(*workflows), contents(shipped_workflows()));
  EXPECT_EQ(contents(*templates), contents(shipped_templates()));
}

TEST_F(ConfiguredFiles, ADirectoryReplacesTheShippedSet) {
  write("w/order_paid.yaml", "steps:\n  - {name: a, channel: sms, template: paid}\n");
  write("t/paid/sms.txt", "Paid, {{nme}}.\n");
  write("t/.git/ignored", "x");
  write("t/paid/sms.txt~", "x");
  write("t/README.md", "x");
  const auto configured = load_configured(config_);
  ASSERT_TRUE(configured) << to_string(configured.error().front());
  EXPECT_FALSE(configured->workflows.contains("user_registered"));
  EXPECT_TRUE(configured->workflows.contains("order_paid"));
  EXPECT_EQ(configured->expiry.sms, std::chrono::hours(6));
  const auto doubtful = doubts(*configured);
  ASSERT_EQ(doubtful.size(), 1u);
  EXPECT_THAT(to_string(doubtful[0]), HasSubstr("sms.txt:1:7: \"nme\" is nearly \"name\""));
}

TEST_F(ConfiguredFiles, MistakesInAllFilesAreReportedTogether) {
  write("w/a.yaml", "stepz: []\n");
  write("w/b.yaml", "a: [\n");
  write("t/x/sms.txt", "{{#a}}");
  EXPECT_THAT(problems(),
              ElementsAre(HasSubstr("t/x/sms.txt:1:1: section \"a\" is not closed"),
                          HasSubstr("w/a.yaml:1:1: \"steps\" is missing"),
                          HasSubstr("w/a.yaml:1:1: unknown key \"stepz\", did you mean \"steps\"?"),
                          HasSubstr("w/b.yaml:2:1: not YAML")));
}

TEST_F(ConfiguredFiles, AWorkflowNeedsTemplatesThatFitItsChannel) {
  write("w/e.yaml",
        "steps:\n"
        "  - {name: a, channel: sms, template: welcom}\n"
        "  - {name: b, channel: email, template: welcome}\n");
  write("t/welcome/sms.txt", "Hi");
  EXPECT_THAT(
      problems(),
      ElementsAre("w/e.yaml:2:39: there is no template \"welcom\", did you mean \"welcome\"?",
                  "w/e.yaml:3:41: template \"welcome\" has no subject.txt, which channel email needs"));
}

TEST_F(ConfiguredFiles, WhatCannotBeReadSaysWhy) {
  write("t/x/sms.txt", "\xFF");
  write("t/y/deep/sms.txt", "x");
  write("t/z/body.txt", std::string(source_file_bytes_max + 1, 'x'));
  EXPECT_THAT(problems(),
              ElementsAre("t/x/sms.txt: not UTF-8 at byte 0", "t/y/deep: a directory is not expected here",
                          "t/z/body.txt: larger than 262144 bytes"));
  config_.templates_dir = directory_ / "none";
  EXPECT_THAT(problems(), ElementsAre("none: can't be read: No such file or directory"));
}

}  // namespace
}  // namespace vestnik::planning
