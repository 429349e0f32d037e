#include "sms/smpp/session.h"

#include <gtest/gtest.h>

#include "sms/smpp/session_dialogue.h"
#include "sms/smpp/status.h"

namespace vestnik::sms::smpp {
namespace {

using namespace std::chrono_literals;

TEST(Session, BindsFirstAndOnlyThenHasRoom) {
  SessionOptions options;
  options.bind.system_id = "vestnik";
  Dialogue d(options);
  ASSERT_EQ(d.got.size(), 1u);
  EXPECT_EQ(std::get<BindTransceiver>(d.got[0].body).system_id, "vestnik");
  EXPECT_EQ(d.session.free(d.now), 0u);
  d.bind();
  EXPECT_EQ(d.session.free(d.now), 100u);
}

TEST(Session, ARefusedBindCloses) {
  Dialogue d;
  d.peer(1, BindTransceiverResp{}, 0x0E);
  ASSERT_EQ(d.closed.size(), 1u);
  EXPECT_EQ(d.closed[0].reason, CloseReason::bind_refused);
  EXPECT_EQ(d.closed[0].detail, "0x0000000E ESME_RINVPASWD");
  Dialogue nacked;
  nacked.peer(1, GenericNack{}, 0x03);
  EXPECT_EQ(nacked.closed.at(0).reason, CloseReason::bind_refused);
}

TEST(Session, AnUnansweredBindClosesAtItsDeadline) {
  Dialogue d;
  EXPECT_EQ(d.session.next_deadline(d.now), d.now + 10s);
  d.wait(9'999ms);
  EXPECT_TRUE(d.closed.empty());
  d.wait(1ms);
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::bind_unanswered);
}

TEST(Session, SubmitsGoOutTogetherAndNeverMoreThanTheWindow) {
  Dialogue d(SessionOptions{.window = 3});
  d.bind();
  for (SubmitToken token = 1; token <= 5; ++token) d.submit(token);
  EXPECT_EQ(d.session.free(d.now), 0u);
  d.write();
  ASSERT_EQ(d.all<SubmitSm>().size(), 3u);
  d.peer(d.all<SubmitSm>()[1].sequence, SubmitSmResp{"id-2"});
  d.write();
  EXPECT_EQ(d.all<SubmitSm>().size(), 4u);
  EXPECT_EQ(std::get<Sent>(d.outcomes.at(2)).message_ids, std::vector<std::string>{"id-2"});
  EXPECT_EQ(d.outcomes.size(), 1u);
}

TEST(Session, AnswersAreMatchedBySequenceInWhateverOrder) {
  Dialogue d;
  d.bind();
  d.submit_and_write(50);
  const auto submits = d.all<SubmitSm>();
  for (std::size_t i = submits.size(); i-- > 0;)
    d.peer(submits[i].sequence, SubmitSmResp{"m" + std::to_string(submits[i].sequence)});
  ASSERT_EQ(d.count<Sent>(), 50u);
  for (std::size_t i = 0; i < submits.size(); ++i)
    EXPECT_EQ(std::get<Sent>(d.outcomes.at(i + 1)).message_ids[0], "m" + std::to_string(submits[i].sequence));
  EXPECT_EQ(d.session.free(d.now), 100u);
}

TEST(Session, EachVerdictHasItsOutcome) {
  Dialogue d;
  d.bind();
  d.submit_and_write(4);
  const auto submits = d.all<SubmitSm>();
  d.peer(submits[0].sequence, SubmitSmResp{}, 0x0B);
  d.peer(submits[1].sequence, SubmitSmResp{}, 0x08);
  d.peer(submits[2].sequence, GenericNack{}, 0x03);
  EXPECT_TRUE(d.outcome_is<Permanent>(1));
  EXPECT_EQ(std::get<Permanent>(d.outcomes.at(1)).answer, "0x0000000B ESME_RINVDSTADR");
  EXPECT_TRUE(std::get<Transient>(d.outcomes.at(2)).burns_attempt());
  EXPECT_TRUE(d.outcome_is<Permanent>(3));
  d.peer(0, GenericNack{}, 0x02);  // to nobody in particular
  d.peer(999, SubmitSmResp{"x"});
  EXPECT_EQ(d.outcomes.size(), 3u);
}

TEST(Session, ThrottlingHoldsThenRecovers) {
  for (std::uint32_t status : {status_throttled, status_queue_full}) {
    Dialogue d;
    d.bind();
    d.submit_and_write(2);
    d.peer(d.all<SubmitSm>()[0].sequence, SubmitSmResp{}, status);
    EXPECT_TRUE(std::get<Transient>(d.outcomes.at(1)).throttled);
    EXPECT_EQ(d.session.free(d.now), 0u);
    d.submit(3);  // a part that was under way
    d.write();
    EXPECT_EQ(d.all<SubmitSm>().size(), 2u);
    EXPECT_EQ(d.session.next_deadline(d.now), d.now + Pacer::hold);
    d.wait(Pacer::hold);
    d.write();
    EXPECT_EQ(d.all<SubmitSm>().size(), 3u);
  }
}

TEST(Session, ASubmitWithoutAnAnswerIsInDoubtAloneAndItsLateAnswerChangesNothing) {
  Dialogue d;
  d.bind();
  d.submit_and_write(1);
  d.wait(20s);
  d.submit(2);
  d.write();
  d.peer(77, EnquireLink{});
  d.wait(10s);
  EXPECT_TRUE(d.outcome_is<InDoubt>(1));
  EXPECT_EQ(d.outcomes.size(), 1u);
  d.peer(d.all<SubmitSm>()[0].sequence, SubmitSmResp{"late"});
  EXPECT_TRUE(d.outcome_is<InDoubt>(1));
  EXPECT_TRUE(d.closed.empty());
  d.peer(d.all<SubmitSm>()[1].sequence, SubmitSmResp{"in time"});
  EXPECT_TRUE(d.outcome_is<Sent>(2));
}

TEST(Session, TheAnswersDeadlineRunsFromTheWrite) {
  Dialogue d(SessionOptions{.enquire_link_idle = 1h});
  d.bind();
  d.submit(1);
  const std::string out = d.session.take_output(d.now);
  d.wait(40s);
  EXPECT_TRUE(d.outcomes.empty());
  d.session.wrote(d.written + out.size(), d.now);
  d.wait(29'999ms);
  EXPECT_TRUE(d.outcomes.empty());
  d.wait(1ms);
  EXPECT_TRUE(d.outcome_is<InDoubt>(1));
}

TEST(Session, AnAnswerMayComeBeforeTheWriteIsReported) {
  Dialogue d;
  d.bind();
  d.submit(1);
  const std::string out = d.session.take_output(d.now);
  d.peer(2, SubmitSmResp{"early"});
  EXPECT_TRUE(d.outcome_is<Sent>(1));
  d.session.wrote(d.written + out.size(), d.now);
  d.session.end(d.written + out.size());
  d.collect();
  EXPECT_EQ(d.outcomes.size(), 1u);
}

TEST(Session, ThePeersEnquireLinkIsAnswered) {
  Dialogue d;
  d.bind();
  d.peer(0x1234, EnquireLink{});
  d.write();
  EXPECT_EQ(d.got.back(), (Pdu{0, 0x1234, EnquireLinkResp{}}));
}

TEST(Session, WhatIsNoFinalReceiptIsAnsweredAtOnceAndNotTold) {
  Dialogue d;
  d.bind();
  d.peer(8, DeliverSm{receipt("id:1 stat:ENROUTE")});
  d.peer(9, DeliverSm{message("a subscriber says id:1 stat:UNDELIV")});
  d.write();
  const auto answers = d.all<DeliverSmResp>();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0], (Pdu{0, 8, DeliverSmResp{}}));
  EXPECT_EQ(answers[1], (Pdu{0, 9, DeliverSmResp{}}));
  EXPECT_TRUE(d.receipts.empty());
}

TEST(Session, AReceiptIsAnsweredOnlyOnceItIsRecorded) {
  Dialogue d;
  d.bind();
  d.peer(bytes_of(7, DeliverSm{receipt("id:1 stat:DELIVRD err:000")}) +
         bytes_of(8, DeliverSm{receipt("id:2 stat:UNDELIV err:011")}));
  d.write();
  ASSERT_EQ(d.receipts.size(), 2u);
  EXPECT_EQ(d.receipts[0].message_id, "1");
  EXPECT_TRUE(d.all<DeliverSmResp>().empty());
  d.session.receipt_recorded(d.tokens[1]);
  d.session.receipt_recorded(d.tokens[1]);
  d.session.receipt_recorded(999);
  d.write();
  EXPECT_EQ(d.all<DeliverSmResp>(), (std::vector{Pdu{0, 8, DeliverSmResp{}}}));
  d.session.receipt_recorded(d.tokens[0]);
  d.write();
  EXPECT_EQ(d.all<DeliverSmResp>().at(1), (Pdu{0, 7, DeliverSmResp{}}));
}

TEST(Session, AReceiptWithoutRoomIsRefusedForTheTimeBeing) {
  Dialogue d;
  d.bind();
  d.peer(7, DeliverSm{receipt("id:1 stat:DELIVRD")});
  d.session.receipt_refused(d.tokens.at(0));
  d.session.receipt_recorded(d.tokens.at(0));
  d.write();
  EXPECT_EQ(d.all<DeliverSmResp>(), (std::vector{Pdu{0x64, 7, DeliverSmResp{}}}));
  // The same one again, as the SMSC sends it later; it may use the same sequence number.
  d.peer(7, DeliverSm{receipt("id:1 stat:DELIVRD")});
  ASSERT_EQ(d.tokens.size(), 2u);
  d.session.receipt_recorded(d.tokens[1]);
  d.write();
  EXPECT_EQ(d.all<DeliverSmResp>().at(1), (Pdu{0, 7, DeliverSmResp{}}));
}

TEST(Session, ReceiptsAreStillAnsweredWhileEitherSideUnbinds) {
  for (const bool peer_unbinds : {false, true}) {
    Dialogue d;
    d.bind();
    d.peer(7, DeliverSm{receipt("id:1 stat:DELIVRD")});
    if (peer_unbinds)
      d.peer(8, Unbind{});
    else
      d.session.unbind(d.now);
    d.write();
    EXPECT_TRUE(d.closed.empty());
    d.session.receipt_recorded(d.tokens.at(0));
    d.write();
    EXPECT_EQ(d.got.back(), (Pdu{0, 7, DeliverSmResp{}}));
    EXPECT_EQ(d.closed.size(), peer_unbinds ? 1u : 0u);
  }
}

TEST(Session, APeerThatUnbindsDoesNotWaitForEverForARecord) {
  Dialogue d;
  d.bind();
  d.peer(7, DeliverSm{receipt("id:1 stat:DELIVRD")});
  d.peer(8, Unbind{});
  d.wait(5s);
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::peer_unbound);
  d.session.receipt_recorded(d.tokens.at(0));
  d.write();
  EXPECT_TRUE(d.all<DeliverSmResp>().empty());
}

TEST(Session, AReceiptMayComeBeforeItsSubmitsAnswer) {
  Dialogue d;
  d.bind();
  d.submit_and_write(1);
  d.peer(bytes_of(7, DeliverSm{receipt("id:early stat:DELIVRD")}) + bytes_of(2, SubmitSmResp{"early"}));
  EXPECT_EQ(d.receipts.size(), 1u);
  EXPECT_TRUE(d.outcome_is<Sent>(1));
}

TEST(Session, UnbindWaitsForAnswersAndDropsWhatWasNotWritten) {
  Dialogue d(SessionOptions{.window = 1});
  d.bind();
  d.submit_and_write(2);
  d.session.unbind(d.now);
  d.write();
  EXPECT_FALSE(std::get<Transient>(d.outcomes.at(2)).burns_attempt());
  EXPECT_EQ(d.session.free(d.now), 0u);
  d.submit(3);
  EXPECT_FALSE(std::get<Transient>(d.outcomes.at(3)).burns_attempt());
  d.peer(d.all<SubmitSm>()[0].sequence, SubmitSmResp{"id"});
  EXPECT_TRUE(d.outcome_is<Sent>(1));
  d.peer(d.all<Unbind>().at(0).sequence, UnbindResp{});
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::unbound);
}

TEST(Session, AnUnansweredUnbindCloses) {
  Dialogue d;
  d.bind();
  d.session.unbind(d.now);
  d.write();
  d.wait(5s);
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::unbound);
}

TEST(Session, ThePeersUnbindIsAnsweredAndWaitsForItsAnswers) {
  Dialogue d(SessionOptions{.window = 2});
  d.bind();
  d.submit_and_write(3);
  d.peer(42, Unbind{});
  d.write();
  EXPECT_EQ(d.got.back(), (Pdu{0, 42, UnbindResp{}}));
  EXPECT_TRUE(d.outcome_is<Transient>(3));
  EXPECT_TRUE(d.closed.empty());
  d.peer(d.all<SubmitSm>()[0].sequence, SubmitSmResp{"a"});
  d.peer(d.all<SubmitSm>()[1].sequence, SubmitSmResp{"b"});
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::peer_unbound);
  EXPECT_EQ(d.count<Sent>(), 2u);
}

TEST(Session, SequenceNumbersWrapAndSkipOpenOnes) {
  Dialogue d(SessionOptions{.first_sequence = 0x7FFFFFFE});
  d.peer(0x7FFFFFFE, BindTransceiverResp{});
  d.submit_and_write(3);
  const auto submits = d.all<SubmitSm>();
  EXPECT_EQ(submits[0].sequence, 0x7FFFFFFFu);
  EXPECT_EQ(submits[1].sequence, 1u);
  EXPECT_EQ(submits[2].sequence, 2u);
}

TEST(Session, WhatWaitsTooLongForItsTurnIsTransient) {
  Dialogue d(SessionOptions{.window = 1, .response_limit = 60s});
  d.bind();
  d.submit_and_write(2);
  d.wait(15s);
  d.peer(9, EnquireLink{});
  d.wait(15s);
  EXPECT_FALSE(std::get<Transient>(d.outcomes.at(2)).burns_attempt());
  EXPECT_FALSE(d.outcomes.contains(1));
}

// Each step of a good link in turn; at each one the link breaks instead, or the peer falls silent.
}  // namespace
}  // namespace vestnik::sms::smpp
