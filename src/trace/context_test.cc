#include "trace/context.h"

#include <gtest/gtest.h>
#include <vector>

namespace vestnik::trace {
namespace {

const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, IsReadAndWritten) {
  const auto context = parse_traceparent(good);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(span_id_text(context->span_id), "b7ad6b7169203331");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->traceparent(), good);
  EXPECT_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")->sampled);
}

// Section 3.2.2.2: a later version is read as far as this one goes; other flags than `sampled` are not passed
// on.
TEST(Traceparent, OfALaterVersionIsUnderstood) {
  const auto context = parse_traceparent("cc" + good.substr(2, 51) + "ff-more");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->traceparent(), good);
}

TEST(Traceparent, OnlyValidOnesAreCarried) {
  const std::vector<std::string> invalid{"",
                                         good + "-more",
                                         good.substr(1),
                                         "ff" + good.substr(2),
                                         good.substr(0, 54),
                                         good.substr(0, 54) + " ",
                                         "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                         "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                         "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                         "00-0af7651916cd43dd-448eb211c80319c-b7ad6b7169203331-01",
                                         "cc" + good.substr(2) + "more",
                                         "cc" + good.substr(2) + "-" + std::string(300, 'x')};
  for (const std::string& bad : invalid) {
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
    const std::string fresh = traceparent_or_new(bad, system_random());
    ASSERT_TRUE(parse_traceparent(fresh)) << fresh;
    EXPECT_FALSE(parse_traceparent(fresh)->sampled) << "nobody records it";
    EXPECT_NE(fresh, bad);
  }
  EXPECT_EQ(traceparent_or_new(good, system_random()), good);
}

}  // namespace
}  // namespace vestnik::trace
