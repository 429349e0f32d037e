#include "cli/tail_view.h"

#include <gtest/gtest.h>

namespace vestnik::cli {
namespace {

json::object step(std::string_view text) { return parse_json_object(text).value(); }

TEST(TailLine, AStepOfANotification) {
  EXPECT_EQ(tail_line(step(R"({"at": "2026-11-25T14:17:06.012345Z", "what": "in_doubt", "channel": "email",
      "notification_id": "0d8f7a52", "user_id": "user_1", "attempt": 2, "provider": "smtp", "answer": "no answer",
      "template": "welcome@5ed9bbe0"})"),
                      false),
            "14:17:06.012  in doubt    email  0d8f7a52  welcome@5ed9bbe0  attempt 2  smtp: no answer");
}

TEST(TailLine, AnAcceptedEventIsItsUsers) {
  EXPECT_EQ(tail_line(step(R"({"at": "2026-11-25T14:17:06.012345Z", "what": "accepted", "user_id": "user_1",
      "event_type": "user_registered"})"),
                      false),
            "14:17:06.012  accepted           user_1  user_registered");
}

TEST(TailLine, ColouredAndSafe) {
  const std::string line =
      tail_line(step(R"({"at": "2026-11-25T14:17:06.012345Z", "what": "dead", "channel": "sms",
      "notification_id": "n", "answer": "\u001b]0;owned\u0007 no"})"),
                true);
  EXPECT_NE(line.find("\x1b[31mdead      \x1b[0m"), std::string::npos) << line;
  EXPECT_EQ(line.find("\x1b]"), std::string::npos) << line;
}

}  // namespace
}  // namespace vestnik::cli
