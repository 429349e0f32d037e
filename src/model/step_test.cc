#include "model/step.h"

#include <gtest/gtest.h>

namespace vestnik {
namespace {

TEST(Step, RoundTripsEveryKind) {
  for (StepKind kind : all_step_kinds) {
    const Step step{.notification_id = {"n-1"},
                    .user_id = {"user_1"},
                    .event_id = {"e-1"},
                    .channel = Channel::sms,
                    .kind = kind,
                    .attempt = 2,
                    .provider = "smpp",
                    .sandbox = true,
                    .answer = "0x00000058",
                    .at = from_unix_us(5),
                    .due_at = from_unix_us(6),
                    .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
    EXPECT_EQ(decode_step(encode(step)).value(), step);
  }
}

TEST(Step, IdTellsAttemptsAndKindsApart) {
  Step step{.notification_id = {"n-1"}, .kind = StepKind::sending, .attempt = 1};
  const std::string first = step.id();
  step.attempt = 2;
  EXPECT_NE(step.id(), first);
  step.attempt = 1;
  step.kind = StepKind::sent;
  EXPECT_NE(step.id(), first);
}

TEST(Step, PoisonIsRefusedWithAReason) {
  EXPECT_EQ(decode_step(Record{"u", R"({"notification_id":"n","channel":"sms","kind":"danced"})", {}})
                .error()
                .reason,
            "kind is not a known step");
}

}  // namespace
}  // namespace vestnik
