#include "base/clock.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

TEST(Rfc3339, FormatsUtcWithMicroseconds) {
  EXPECT_EQ(format_rfc3339(from_unix_us(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_rfc3339(from_unix_us(1'795'443'426'012'345)), "2026-11-23T14:17:06.012345Z");
}

TEST(Rfc3339, ParsesWhatItFormats) {
  const Timestamp t = from_unix_us(1'795'443'426'012'345);
  EXPECT_EQ(parse_rfc3339(format_rfc3339(t)), t);
}

TEST(Rfc3339, ParsesOffsetsAndShortFractions) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T03:00:00+03:00"), from_unix_us(0));
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:00:00.5-01:00"), from_unix_us(500'000));
  EXPECT_EQ(parse_rfc3339("1970-01-01t00:00:00.1234567z"), from_unix_us(123'456));
}

TEST(Rfc3339, RefusesWhatIsNotADateTime) {
  for (const char* text : {"", "1970-01-01", "1970-13-01T00:00:00Z", "1970-02-30T00:00:00Z",
                           "1970-01-01T24:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+3:00", "1970-01-01T00:00:00+03"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace vestnik
