#include "cli/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_command_line.h"

namespace vestnik::cli {
namespace {

using ::testing::HasSubstr;

TEST(Usage, ShowsWhatIsRequired) {
  const DeclaredCommand root = test_command_line();
  EXPECT_EQ(usage(root), "herald command");
  EXPECT_EQ(usage(root.commands[0]), "herald serve [options] [role]");
  EXPECT_EQ(usage(root.commands[1].commands[0]), "herald letters list --as WAY [options]");
}

TEST(ManPage, DescribesEveryCommand) {
  const std::string page = man_page(test_command_line(), "herald 1.2");
  EXPECT_THAT(page, HasSubstr(".TH VESTNIK 1 \"\" \"herald 1.2\""));
  EXPECT_THAT(page, HasSubstr(".SS herald letters list \\-\\-as WAY [options]\nAll of them.\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n.B \\-\\-channel CHANNEL\nOnly this; one of: email, sms\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n.B role\nWhich; one of: all, mail\\-service\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n.B \\-j, \\-\\-json\nFor programs\n"));
}

TEST(ManPage, NothingInTheTextIsAnInstruction) {
  const std::string page = man_page(test_command_line(), "herald 1.2");
  EXPECT_THAT(
      page,
      HasSubstr(".PP\nIt lists.\n.PP\nExamples:\n.PP\n.nf\n.RS 4\nherald letters list \\-\\-as 'it is'\n"
                "\\&.hidden \\e \\[u00FC]\n.RE\n.fi\n.PP\nThat's it.\n"));
}

TEST(Markdown, OneChapterACommand) {
  const std::string page = commands_as_markdown(test_command_line());
  EXPECT_THAT(
      page,
      HasSubstr(
          "## herald letters list\n\nAll of them.\n\n```\nherald letters list --as WAY [options]\n```\n\n"
          "- `--channel CHANNEL`: Only this; one of: email, sms\n"));
  EXPECT_THAT(
      page,
      HasSubstr("Examples:\n\n```sh\nherald letters list --as 'it is'\n.hidden \\ ü\n```\n\nThat's it.\n"));
}

}  // namespace
}  // namespace vestnik::cli
