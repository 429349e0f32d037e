#include "model/limit.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

using namespace std::chrono_literals;

TEST(LimitText, IsANumberAndAWindow) {
  EXPECT_EQ(parse_limit("100/s"), (Limit{100, 1s}));
  EXPECT_EQ(parse_limit("20/10s"), (Limit{20, 10s}));
  EXPECT_EQ(parse_limit("3/1d"), (Limit{3, 24h}));
  EXPECT_EQ(parse_limit("500/m"), (Limit{500, 60s}));
  for (const char* text : {"", "/", "5", "5/", "/s", "0/s", "-1/s", "1000001/s", "5/50ms", "1/400d", "5/1",
                           "5s", "5/s/s", "x/s"})
    EXPECT_FALSE(parse_limit(text)) << text;
}

TEST(LimitText, ShownItReadsBack) {
  for (const char* text : {"100/1s", "20/10s", "3/1d", "7/1500ms"})
    EXPECT_EQ(format_limit(parse_limit(text).value()), text);
}

}  // namespace
}  // namespace vestnik
