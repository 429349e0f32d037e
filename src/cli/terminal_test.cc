#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace vestnik::cli {
namespace {

TEST(Table, AlignsAndCutsTheLastColumn) {
  Table table({"NAME", {"COUNT", true}, "ANSWER"});
  EXPECT_TRUE(table.empty());
  table.add({"a", "7", "250 2.0.0 accepted"});
  table.add({"Ünïcode", "12,345", ""});
  EXPECT_EQ(table.text(std::nullopt),
            "NAME      COUNT  ANSWER\n"
            "a             7  250 2.0.0 accepted\n"
            "Ünïcode  12,345\n");
  EXPECT_EQ(table.columns(), 35u);
  EXPECT_EQ(table.text(30),
            "NAME      COUNT  ANSWER\n"
            "a             7  250 2.0.0 ac…\n"
            "Ünïcode  12,345\n");
}

TEST(Table, ColoursAreAroundTheTextOnly) {
  Table table({"STATE", "ANSWER"});
  table.add({{"dead", Style::red}, "x"});
  EXPECT_EQ(table.text(std::nullopt, true),
            "\x1b[1mSTATE\x1b[0m  \x1b[1mANSWER\x1b[0m\n\x1b[31mdead\x1b[0m   x\n");
  EXPECT_EQ(table.text(std::nullopt, false), "STATE  ANSWER\ndead   x\n");
}

TEST(Table, WhatComesFromOutsideCanNotColour) {
  Table table({"ANSWER"});
  table.add({"\x1b[31mred\x1b]0;owned\x07\nnext"});
  EXPECT_EQ(table.text(std::nullopt, true).find("\x1b[31m"), std::string::npos);
}

TEST(Styled, NothingAroundNothing) {
  EXPECT_EQ(styled("x", Style::green, true), "\x1b[32mx\x1b[0m");
  EXPECT_EQ(styled("x", Style::green, false), "x");
  EXPECT_EQ(styled("x", Style::plain, true), "x");
  EXPECT_EQ(styled("", Style::green, true), "");
}

TEST(Grouped, ByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1000), "-1,000");
  EXPECT_EQ(grouped(-100), "-100");
}

TEST(Sparkline, TheHighestFillsItsCell) {
  EXPECT_EQ(sparkline({0, 1, 4, 8}, 10), " ▁▄█");
  EXPECT_EQ(sparkline({1, 1000}, 10), "▁█") << "what is there is seen";
  EXPECT_EQ(sparkline({0, 0}, 10), "");
  EXPECT_EQ(sparkline({}, 10), "");
}

TEST(Sparkline, NeighboursAreAddedUpWhereItIsNarrow) {
  EXPECT_EQ(sparkline({1, 1, 2, 2, 4, 4}, 3), "▂▄█");
  EXPECT_EQ(columns_of(sparkline(std::vector<std::int64_t>(1440, 7), 30)), 30u);
}

TEST(ProgressBar, FromNothingToAll) {
  EXPECT_EQ(progress_bar(0, 10, 4), "░░░░   0 %");
  EXPECT_EQ(progress_bar(5, 10, 4), "██░░  50 %");
  EXPECT_EQ(progress_bar(10, 10, 4), "████ 100 %");
  EXPECT_EQ(progress_bar(11, 10, 4), "████ 100 %") << "the end may move while it is read";
  EXPECT_EQ(progress_bar(0, 0, 4), "░░░░   0 %");
}

}  // namespace
}  // namespace vestnik::cli
