#include "base/duration.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

using namespace std::chrono_literals;

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("7d"), 24h * 7);
  for (const char* text : {"", "5", "s", "5 s", "-5s", "1.5h", "5sec", "9999999999999s", "999999999999d"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, IsShownInTheLargestUnitThatHoldsIt) {
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(3600s), "1h");
  EXPECT_EQ(format_duration(24h), "1d");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(0ms), "0s");
}

}  // namespace
}  // namespace vestnik
