#include "cli/stats_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vestnik::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

json::object object(std::string_view text) { return parse_json_object(text).value(); }

TEST(StatsNow, OnlyStatesThatSomethingIsIn) {
  EXPECT_EQ(stats_now(object(R"({"events_accepted": 1234, "channels": {
      "email": {"states": {"sent": 1200, "dead": 3, "planned": 0}, "sandboxed": 7, "planned_last_minute": 60,
                "sent_last_minute": 59, "latency_ms": {
                  "accepted_to_sent": {"count": 1200, "p50": 0.81, "p90": 12, "p99": 1500},
                  "sent_to_delivered": {"count": 0, "p50": 0, "p90": 0, "p99": 0}}},
      "sms": {"states": {}}}})"),
                      {}),
            "Events accepted: 1,234\n"
            "\n"
            "Notifications by state\n"
            "CHANNEL   SENT  DEAD  SANDBOX\n"
            "email    1,200     3        7\n"
            "sms          0     0        0\n"
            "\n"
            "The last minute, and the last hour's latency: accepted to sent, sent to delivered\n"
            "CHANNEL  PLANNED  SENT  SENT P50    P90    P99  DELIVERED P50  P90  P99\n"
            "email         60    59    0.8 ms  12 ms  1.5 s              –    –    –\n"
            "sms            0     0         –      –      –              –    –    –\n");
}

constexpr std::string_view hour = R"({
  "from": "2026-11-25T18:00:00.000000Z", "to": "2026-11-25T18:03:00.000000Z", "step": "minute", "group_by": "provider",
  "times": ["2026-11-25T18:00:00.000000Z", "2026-11-25T18:01:00.000000Z", "2026-11-25T18:02:00.000000Z"],
  "accepted": [0, 10, 5],
  "groups": [{"name": "smtp", "totals": {"sent": 14, "bounced": 1},
              "series": {"sent": [0, 10, 4], "bounced": [0, 0, 1]},
              "latency_ms": {"accepted_to_sent": {"count": 14, "p50": 250, "p90": 90000, "p99": 7200000}}}],
  "errors": [{"channel": "email", "what": "bounced", "error": "550 5.1.1", "count": 1}]})";

TEST(StatsRange, GroupsErrorsAndTheShapeOfTime) {
  EXPECT_EQ(stats_range(object(hour), false, {}),
            "2026-11-25 18:00:00 to 2026-11-25 18:03:00 UTC, by the minute\n"
            "Events accepted: 15   █▄\n"
            "\n"
            "Notifications\n"
            "PROVIDER  SENT  BOUNCED  SENT P50    P90  P99  SENT OVER TIME\n"
            "smtp        14        1    250 ms  2 min  2 h   █▄\n"
            "\n"
            "Most frequent errors\n"
            "COUNT  CHANNEL  WHAT     ERROR\n"
            "    1  email    bounced  550 5.1.1\n");
}

TEST(StatsRange, TheShapeOfTimeFitsTheTerminalOrIsLeftOut) {
  EXPECT_THAT(stats_range(object(hour), false, {.columns = 65}), HasSubstr("  SENT OVER TIME\n"));
  const std::string narrow = stats_range(object(hour), false, {.columns = 50});
  EXPECT_THAT(narrow, HasSubstr("PROVIDER  SENT  BOUNCED  SENT P50    P90  P99\n"));
  EXPECT_THAT(narrow, Not(HasSubstr("…")));
}

TEST(StatsRange, AGroupWithoutANameIsNotAll) {
  const auto range = object(R"({"from": "2026-11-25T18:00:00Z", "to": "2026-11-25T19:00:00Z", "step": "hour",
      "group_by": "template", "groups": [{"name": "", "totals": {"skipped": 1}}, {"name": "welcome", "totals": {"sent": 2}}]})");
  EXPECT_THAT(stats_range(range, false, {}), HasSubstr("\n–            0        1 "));
}

TEST(StatsRange, StepByStepWithoutTheQuietOnes) {
  const std::string text = stats_range(object(hour), true, {});
  EXPECT_THAT(text, HasSubstr("Step by step\n"
                              "FROM (UTC)                 SENT  BOUNCED\n"
                              "2026-11-25 18:01:00  smtp    10        0\n"
                              "2026-11-25 18:02:00  smtp     4        1\n"));
}

TEST(StatsRange, NothingHappened) {
  const std::string text =
      stats_range(object(R"({"from": "2026-11-25T18:00:00Z", "to": "2026-11-25T19:00:00Z",
      "step": "minute", "times": [], "accepted": [], "groups": [], "errors": []})"),
                  true, {});
  EXPECT_EQ(text, "2026-11-25 18:00:00 to 2026-11-25 19:00:00 UTC, by the minute\nEvents accepted: 0\n");
}

TEST(StatsView, ColoursOnlyWhereAskedFor) {
  EXPECT_THAT(stats_range(object(hour), true, {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(stats_range(object(hour), true, {.coloured = true}), HasSubstr("\x1b[32m14\x1b[0m"));
}

}  // namespace
}  // namespace vestnik::cli
