#include "sms/attempt_parts.h"

#include <gtest/gtest.h>

namespace vestnik::sms {
namespace {

using Parts = std::vector<std::size_t>;
using Ids = std::vector<std::string>;

Sent sent(std::string id) { return {"0x00000000 ESME_ROK", {std::move(id)}}; }
Transient busy() { return {.answer = "0x00000008 ESME_RSYSERR"}; }
Transient unsent() { return {.answer = "the link was lost before the answer", .unsent = true}; }
Transient throttled() { return {.answer = "0x00000058 ESME_RTHROTTLED", .throttled = true}; }

TEST(AttemptParts, SentOnlyWithEveryPart) {
  AttemptParts parts(2, "");
  EXPECT_EQ(parts.to_submit(), (Parts{0, 1}));
  parts.answered(1, sent("b"));
  EXPECT_FALSE(parts.complete());
  parts.answered(0, sent("a"));
  EXPECT_EQ(std::get<Sent>(parts.outcome()).message_ids, (Ids{"a", "b"}));
  EXPECT_EQ(std::get<Sent>(parts.outcome()).answer, "0x00000000 ESME_ROK, 2 parts");
}

TEST(AttemptParts, TheNextAttemptSendsOnlyTheRestAndReturnsAllIds) {
  AttemptParts first(3, "");
  first.answered(0, sent("a"));
  first.answered(1, busy());
  first.answered(2, sent("c"));
  const auto refused = std::get<Transient>(first.outcome());
  EXPECT_EQ(refused.progress, R"({"ids":["a",null,"c"]})");

  AttemptParts second(3, refused.progress);
  EXPECT_EQ(second.to_submit(), (Parts{1}));
  second.answered(1, sent("b"));
  EXPECT_EQ(std::get<Sent>(second.outcome()).message_ids, (Ids{"a", "b", "c"}));
}

TEST(AttemptParts, ProgressSurvivesAnotherRefusal) {
  AttemptParts parts(2, R"({"ids":["a",null]})");
  parts.answered(1, throttled());
  EXPECT_EQ(std::get<Transient>(parts.outcome()).progress, R"({"ids":["a",null]})");
}

TEST(AttemptParts, AllPartsThereIsSentAtOnce) {
  AttemptParts parts(2, R"({"ids":["a","b"]})");
  EXPECT_TRUE(parts.complete());
  EXPECT_EQ(std::get<Sent>(parts.outcome()).message_ids, (Ids{"a", "b"}));
}

TEST(AttemptParts, DoubtWinsOverRefusalAndRefusalOverDelay) {
  AttemptParts parts(4, "");
  parts.answered(0, sent("a"));
  parts.answered(1, busy());
  parts.answered(2, Permanent{"no"});
  AttemptParts doubtful = parts;
  parts.answered(3, sent("d"));
  EXPECT_TRUE(std::holds_alternative<Permanent>(parts.outcome()));
  doubtful.answered(3, InDoubt{"lost"});
  // A resend must not repeat what was answered.
  EXPECT_EQ(std::get<InDoubt>(doubtful.outcome()).progress, R"({"ids":["a",null,null,null]})");
}

TEST(AttemptParts, ThrottledOnlyIfNothingElseWasWrong) {
  AttemptParts only(2, "");
  only.answered(0, throttled());
  only.answered(1, throttled());
  EXPECT_TRUE(std::get<Transient>(only.outcome()).throttled);
  for (bool throttled_first : {true, false}) {
    AttemptParts mixed(2, "");
    mixed.answered(0, throttled_first ? throttled() : busy());
    mixed.answered(1, throttled_first ? busy() : throttled());
    EXPECT_FALSE(std::get<Transient>(mixed.outcome()).throttled);
    EXPECT_EQ(std::get<Transient>(mixed.outcome()).answer, busy().answer);
  }
}

TEST(AttemptParts, APartThatNeverLeftBurnsNoAttemptUnlessAnotherDoes) {
  for (const Transient& first : {unsent(), throttled(), busy()})
    for (const Transient& second : {unsent(), throttled(), busy()}) {
      AttemptParts parts(2, "");
      parts.answered(0, first);
      parts.answered(1, second);
      EXPECT_EQ(std::get<Transient>(parts.outcome()).burns_attempt(),
                first.burns_attempt() || second.burns_attempt());
    }
}

TEST(AttemptParts, ProgressThatIsNotOursCountsAsNone) {
  for (const char* progress : {"x", "{}", R"({"ids":7})", R"({"ids":["a"]})", R"({"ids":[1,2]})", "[]"})
    EXPECT_EQ(AttemptParts(2, progress).to_submit(), (Parts{0, 1})) << progress;
}

TEST(AttemptParts, APartWithoutAnIdIsWithThePeerAllTheSame) {
  AttemptParts parts(2, "");
  parts.answered(0, sent(""));
  parts.answered(1, busy());
  const auto refused = std::get<Transient>(parts.outcome());
  AttemptParts second(2, refused.progress);
  EXPECT_EQ(second.to_submit(), (Parts{1}));
  second.answered(1, sent("b"));
  EXPECT_EQ(std::get<Sent>(second.outcome()).message_ids, (Ids{"b"}));
}

}  // namespace
}  // namespace vestnik::sms
