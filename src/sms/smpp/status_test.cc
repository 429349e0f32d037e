#include "sms/smpp/status.h"

#include <gtest/gtest.h>

namespace vestnik::sms::smpp {
namespace {

TEST(Status, TheMessagesFaultIsPermanentTheRestIsNot) {
  EXPECT_EQ(verdict(0x00), Verdict::taken);
  EXPECT_EQ(verdict(0x58), Verdict::throttled);
  EXPECT_EQ(verdict(0x14), Verdict::throttled);
  EXPECT_EQ(verdict(0x0B), Verdict::permanent);
  EXPECT_EQ(verdict(0x45), Verdict::transient);
  EXPECT_EQ(verdict(0x08), Verdict::transient);
  EXPECT_EQ(verdict(0x04), Verdict::transient);
}

TEST(Status, UnknownCodesAreTransient) {
  for (std::uint32_t code : {0x09u, 0x400u, 0x4FFu, 0xFFFFFFFFu})
    EXPECT_EQ(verdict(code), Verdict::transient);
}

TEST(Status, Description) {
  EXPECT_EQ(describe_status(0x58), "0x00000058 ESME_RTHROTTLED");
  EXPECT_EQ(describe_status(0x401), "0x00000401");
}

}  // namespace
}  // namespace vestnik::sms::smpp
