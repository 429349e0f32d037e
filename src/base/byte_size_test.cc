#include "base/byte_size.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

TEST(ByteSize, IsReadWithItsUnit) {
  EXPECT_EQ(parse_byte_size("0"), 0u);
  EXPECT_EQ(parse_byte_size("1000"), 1000u);
  EXPECT_EQ(parse_byte_size("1000B"), 1000u);
  EXPECT_EQ(parse_byte_size("256MiB"), 268'435'456u);
  EXPECT_EQ(parse_byte_size("2TiB"), 2'199'023'255'552u);
  for (const char* bad : {"", "MiB", "-1", "1.5GiB", "1 MiB", "1MB", "1mib", "1M", "8388608TiB",
                          "18446744073709551616", "9223372036854775808"})
    EXPECT_FALSE(parse_byte_size(bad)) << bad;
}

TEST(ByteSize, IsShownSoThatItReadsBack) {
  for (const std::uint64_t bytes : {0ull, 1ull, 1000ull, 1024ull, 1536ull, 268'435'456ull, 1ull << 40})
    EXPECT_EQ(parse_byte_size(format_byte_size(bytes)), bytes);
  EXPECT_EQ(format_byte_size(268'435'456), "256MiB");
  EXPECT_EQ(format_byte_size(1000), "1000B");
}

TEST(ByteSize, IsToldInFewDigits) {
  EXPECT_EQ(describe_byte_size(0), "0 B");
  EXPECT_EQ(describe_byte_size(1023), "1023 B");
  EXPECT_EQ(describe_byte_size(1'610'612'736), "1.5 GiB");
  EXPECT_EQ(describe_byte_size(13'421'773), "13 MiB");
}

}  // namespace
}  // namespace vestnik
