#include "bench/load/smtp_dialogue.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace vestnik::bench {
namespace {

using Next = Dialogue::Next;

// What the dialogue answers to all of `input`, given in pieces of `piece` octets.
struct SmtpHeard {
  std::string answers;
  Next next = Next::more;
};
SmtpHeard say(SmtpDialogue& dialogue, std::string_view input, std::size_t piece = 1 << 20) {
  SmtpHeard heard;
  for (; !input.empty() && heard.next == Next::more; input.remove_prefix(std::min(piece, input.size())))
    heard.next = dialogue.on_bytes(input.substr(0, piece), 7, heard.answers);
  return heard;
}

std::uint64_t mails(const Tally& tally) { return tally.counters().at("messages").to_number<std::uint64_t>(); }
std::uint64_t bytes(const Tally& tally) { return tally.counters().at("bytes").to_number<std::uint64_t>(); }

const std::string transaction =
    "MAIL FROM:<a@b> SIZE=9\r\nRCPT TO:<c@d>\r\nrcpt to:<e@f>\r\nDATA\r\nS: x\r\n\r\n..\r\n.\r\n";

TEST(SmtpDialogue, PipelinedTransactionsInOneWriteAndByteByByte) {
  for (const std::size_t piece : {1UL, 2UL, 3UL, 5UL, 7UL, 1000UL}) {
    Tally tally("");
    SmtpDialogue dialogue(tally, false);
    const SmtpHeard heard = say(dialogue, "EHLO x\r\n" + transaction + transaction + "QUIT\r\n", piece);
    EXPECT_EQ(heard.next, Next::close);
    EXPECT_EQ(mails(tally), 2) << piece;
    EXPECT_EQ(bytes(tally), 2 * 12) << piece;
    EXPECT_NE(heard.answers.find("250 CHUNKING\r\n250 2.1.0"), std::string::npos);
    EXPECT_TRUE(heard.answers.ends_with("354 Go on\r\n250 2.0.0 Ok: taken\r\n221 2.0.0 Bye\r\n"));
  }
}

TEST(SmtpDialogue, AnEmptyMessageEnds) {
  Tally tally("");
  SmtpDialogue dialogue(tally, false);
  say(dialogue, "MAIL FROM:<>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n", 1);
  EXPECT_EQ(mails(tally), 1);
  EXPECT_EQ(bytes(tally), 0);
}

TEST(SmtpDialogue, ChunksMayHoldAnything) {
  for (const std::size_t piece : {1UL, 4UL, 1000UL}) {
    Tally tally("");
    SmtpDialogue dialogue(tally, false);
    const SmtpHeard heard = say(
        dialogue, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 5\r\n\r\n.\r\nBDAT 3 LAST\r\nxyzRSET\r\n", piece);
    EXPECT_EQ(mails(tally), 1) << piece;
    EXPECT_EQ(bytes(tally), 8);
    EXPECT_TRUE(heard.answers.ends_with("Ok: octets taken\r\n250 2.0.0 Ok: taken\r\n250 2.0.0 Ok\r\n"));
  }
}

TEST(SmtpDialogue, TheAnswerWaitsForThePauseAndSoDoesWhatFollows) {
  Tally tally("");
  SmtpDialogue dialogue(tally, true);
  SmtpHeard heard = say(dialogue, transaction + "NOOP\r\n");
  EXPECT_EQ(heard.next, Next::pause);
  EXPECT_EQ(mails(tally), 1);
  EXPECT_TRUE(heard.answers.ends_with("354 Go on\r\n"));
  std::string later;
  EXPECT_EQ(dialogue.on_bytes({}, 8, later), Next::more);
  EXPECT_EQ(later, "250 2.0.0 Ok: taken\r\n250 2.0.0 Ok\r\n");
}

TEST(SmtpDialogue, OrderIsChecked) {
  Tally tally("");
  SmtpDialogue dialogue(tally, false);
  const SmtpHeard heard = say(dialogue, "RCPT TO:<c@d>\r\nDATA\r\nMAIL FROM:<a@b>\r\nDATA\r\nHELP\r\n");
  EXPECT_EQ(heard.answers,
            "220 bench-smtp-sink ESMTP\r\n503 5.5.1 MAIL first\r\n503 5.5.1 RCPT first\r\n250 2.1.0 Ok\r\n"
            "503 5.5.1 RCPT first\r\n500 5.5.2 Unknown command\r\n");
}

TEST(SmtpDialogue, WhatHasNoEndIsHungUpOn) {
  Tally tally("");
  SmtpDialogue endless(tally, false), chunk(tally, false);
  EXPECT_EQ(say(endless, std::string(10'000, 'x')).next, Next::close);
  EXPECT_EQ(say(chunk, "BDAT many\r\n").next, Next::close);
}

}  // namespace
}  // namespace vestnik::bench
