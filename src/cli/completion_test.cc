#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_command_line.h"

namespace vestnik::cli {
namespace {

using ::testing::HasSubstr;

// That they do complete is for tests/integration/test_commands.py, with the shells themselves.
TEST(Completion, EveryCommandOptionAndChoiceIsThere) {
  const DeclaredCommand root = test_command_line();
  for (const std::string& script : {bash_completion(root), zsh_completion(root), fish_completion(root)})
    for (const char* expected :
         {"herald serve", "herald letters list", "mail-service", "email sms", "channel", "json"})
      EXPECT_THAT(script, HasSubstr(expected));
}

TEST(Completion, BashKnowsWhatTakesWhat) {
  const std::string script = bash_completion(test_command_line());
  EXPECT_THAT(script, HasSubstr("\"herald serve --config\")\n      compopt -o filenames"));
  EXPECT_THAT(script, HasSubstr("\"herald letters list --channel\") options= words='email sms' ;;"));
  EXPECT_THAT(script, HasSubstr("\"herald letters list --as\") return ;;"));
  EXPECT_THAT(script,
              HasSubstr("\"herald serve\") words='all mail-service' options='-h --help --config' ;;"));
  EXPECT_THAT(script, HasSubstr("\"herald\") words='serve letters' options='-h --help --version' ;;"));
}

TEST(Completion, ApostrophesDoNotEndTheString) {
  CLI::App root{"", "herald"};
  root.add_subcommand("serve", "Don't: a test");
  const DeclaredCommand all = declared(root);
  EXPECT_THAT(zsh_completion(all), HasSubstr(R"('serve:Don'\''t: a test')"));
  EXPECT_THAT(fish_completion(all), HasSubstr(R"(-a serve -d 'Don'\''t: a test')"));
}

}  // namespace
}  // namespace vestnik::cli
