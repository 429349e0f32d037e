#include "trace/otlp_answer.h"

#include <gtest/gtest.h>

namespace vestnik::trace {
namespace {

using namespace std::chrono_literals;
using Kind = Verdict::Kind;

const Timestamp now = *parse_rfc3339("2026-11-25T10:00:00.4Z");

Verdict of(int status, std::string body = {}, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return judge(net::HttpResponse{.status = status, .body = std::move(body), .headers = std::move(headers)},
               now);
}

TEST(OtlpAnswer, TwoHundredIsTaken) {
  for (const char* body : {"", "{}", R"({"partialSuccess":{}})", "not json", R"({"partialSuccess":null})"}) {
    EXPECT_EQ(of(200, body).kind, Kind::taken) << body;
    EXPECT_EQ(of(200, body).rejected, 0) << body;
  }
}

TEST(OtlpAnswer, APartMayHaveBeenRejected) {
  const Verdict text = of(200, R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too\u0007 old"}})");
  EXPECT_EQ(text.kind, Kind::taken);
  EXPECT_EQ(text.rejected, 3);
  EXPECT_EQ(text.detail.find('\a'), text.detail.npos) << "it goes into a log line";
  EXPECT_EQ(of(200, R"({"partialSuccess":{"rejectedSpans":4}})").rejected, 4);
  EXPECT_EQ(of(200, R"({"partialSuccess":{"rejectedSpans":"-4"}})").rejected, 0);
  EXPECT_EQ(of(200, R"({"partialSuccess":{"rejectedSpans":-4}})").rejected, 0);
}

TEST(OtlpAnswer, OnlyFourStatusesAreWorthAnotherTry) {
  for (const int status : {429, 502, 503, 504}) EXPECT_EQ(of(status).kind, Kind::try_again) << status;
  for (const int status : {301, 400, 401, 404, 413, 415, 500, 501, 505})
    EXPECT_EQ(of(status).kind, Kind::refused) << status;
  EXPECT_EQ(judge(fail(net::HttpClientError::unreachable, "refused"), now).kind, Kind::try_again);
  EXPECT_EQ(judge(fail(net::HttpClientError::broken, "it did not answer in time"), now).detail,
            "it did not answer in time");
}

TEST(OtlpAnswer, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(of(503, "", {{"Retry-After", "7"}}).retry_after, 7s);
  EXPECT_EQ(of(429, "", {{"retry-after", "0"}}).retry_after, 0s);
  EXPECT_EQ(of(503, "", {{"Retry-After", "Wed, 25 Nov 2026 10:01:00 GMT"}}).retry_after, 60s);
  EXPECT_EQ(of(503, "", {{"Retry-After", "Wed, 25 Nov 2026 09:00:00 GMT"}}).retry_after, 0s);
  EXPECT_EQ(of(503).retry_after, std::nullopt);
  for (const char* bad : {"", "soon", "-1", "1.5", "7 s", "Wed, 25 Nov 2026"})
    EXPECT_EQ(of(503, "", {{"Retry-After", bad}}).retry_after, std::nullopt) << bad;
}

// Draws what the test says.
struct Fixed final : Random {
  explicit Fixed(std::uint64_t v) : value(v) {}
  std::uint64_t next() override { return value; }
  std::uint64_t value;
};

TEST(OtlpAnswer, ThePauseIsDrawnUnlessTheReceiverAsksForMore) {
  Fixed least(50), most(0);
  EXPECT_EQ(pause_before_retry(100ms, {}, 1h, most), 100ms);
  EXPECT_EQ(pause_before_retry(100ms, {}, 1h, least), 50ms);
  EXPECT_EQ(pause_before_retry(1ms, {}, 1h, least), 1ms);
  EXPECT_EQ(pause_before_retry(100ms, 7s, 1h, least), 7s);
  EXPECT_EQ(pause_before_retry(10s, 7s, 1h, most), 10s);
  EXPECT_EQ(pause_before_retry(100ms, 7s, 5s, least), 5s);
  EXPECT_EQ(pause_before_retry(100ms, std::chrono::seconds::max(), 5s, least), 5s);
}

}  // namespace
}  // namespace vestnik::trace
