#include "sms/smpp/session.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "sms/smpp/status.h"

namespace vestnik::sms::smpp {
namespace {

using namespace std::chrono_literals;

std::string bytes_of(std::uint32_t sequence, Body body, std::uint32_t status = 0) {
  std::string out;
  encode({status, sequence, std::move(body)}, out);
  return out;
}

ShortMessage message(std::string text = "hello") {
  return {
      .source = {5, 0, "Vestnik"}, .destination = {1, 1, "79161234567"}, .short_message = std::move(text)};
}

ShortMessage receipt(std::string text) { return {.esm_class = 0x04, .short_message = std::move(text)}; }

// A session, the clock, and the peer's end of the wire.
struct Dialogue {
  explicit Dialogue(SessionOptions options = {}) : session(std::move(options), now) { write(); }

  // All output reaches the peer.
  void write() {
    const std::string out = session.take_output(now);
    written += out.size();
    session.wrote(written, now);
    decoder.feed(out);
    while (auto pdu = decoder.next()) got.push_back(pdu->value());
    collect();
  }
  void collect() {
    for (Event& event : session.take_events()) {
      std::visit(Overloaded{
                     [&](Bound&) { ++bound; },
                     [&](Answered& answered) {
                       EXPECT_TRUE(outcomes.emplace(answered.token, answered.outcome).second) << "told twice";
                     },
                     [&](ReceiptCame& came) { receipts.push_back(came.receipt); },
                     [&](Closed& end) { closed.push_back(end); },
                 },
                 event);
    }
  }
  void peer(std::string_view bytes) {
    session.feed(bytes, now);
    collect();
  }
  void peer(std::uint32_t sequence, Body body, std::uint32_t status = 0) {
    peer(bytes_of(sequence, body, status));
  }
  void wait(std::chrono::milliseconds time) {
    now += time;
    session.tick(now);
    collect();
  }
  void bind() {
    peer(1, BindTransceiverResp{"smsc", {}});
    ASSERT_EQ(bound, 1);
  }
  void submit(SubmitToken token) {
    session.submit(token, message(), now);
    collect();
  }
  void submit_and_write(int count) {
    for (int i = 1; i <= count; ++i) submit(i);
    write();
  }
  template <class T>
  std::vector<Pdu> all() const {
    std::vector<Pdu> out;
    for (const Pdu& pdu : got)
      if (std::holds_alternative<T>(pdu.body)) out.push_back(pdu);
    return out;
  }
  template <class T>
  bool outcome_is(SubmitToken token) const {
    return outcomes.contains(token) && std::holds_alternative<T>(outcomes.at(token));
  }
  template <class T>
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(outcomes, [](const auto& o) { return std::holds_alternative<T>(o.second); }));
  }

  SteadyTime now = SteadyTime(1h);
  Session session;
  Decoder decoder;
  std::uint64_t written = 0;
  std::vector<Pdu> got;  // what the peer has read
  int bound = 0;
  std::map<SubmitToken, Outcome> outcomes;
  std::vector<DeliveryReceipt> receipts;
  std::vector<Closed> closed;
};

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
  EXPECT_FALSE(std::get<Transient>(d.outcomes.at(2)).throttled);
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

TEST(Session, ALostLinkLeavesExactlyTheWrittenOnesInDoubt) {
  constexpr int window = 20;
  Dialogue d(SessionOptions{.window = window});
  d.bind();
  d.submit_and_write(window + 5);
  for (int i = 0; i < 3; ++i) d.peer(d.all<SubmitSm>()[i].sequence, SubmitSmResp{"id"});
  d.session.end(d.written);
  d.collect();
  EXPECT_EQ(d.count<Sent>(), 3u);
  EXPECT_EQ(d.count<InDoubt>(), window - 3u);
  EXPECT_EQ(d.count<Transient>(), 5u);
}

TEST(Session, ASubmitOfWhichOneByteIsMissingIsNotInDoubt) {
  Dialogue probe;
  probe.bind();
  probe.submit_and_write(1);
  const std::uint64_t one = probe.written - bytes_of(1, BindTransceiver{}).size();
  for (std::uint64_t short_by = 0; short_by <= 2 * one; ++short_by) {
    Dialogue d;
    d.bind();
    const std::uint64_t before = d.written;
    d.submit_and_write(3);
    d.session.end(before + 3 * one - short_by);
    d.collect();
    EXPECT_EQ(d.count<InDoubt>(), 3 - (short_by + one - 1) / one) << short_by;
    EXPECT_EQ(d.outcomes.size(), 3u);
  }
}

TEST(Session, AnIdleLinkIsAskedAndDeadWithoutAnAnswer) {
  Dialogue d;
  d.bind();
  EXPECT_EQ(d.session.next_deadline(d.now), d.now + 30s);
  d.wait(30s);
  d.write();
  ASSERT_EQ(d.all<EnquireLink>().size(), 1u);
  d.peer(d.all<EnquireLink>()[0].sequence, EnquireLinkResp{});
  EXPECT_EQ(d.session.next_deadline(d.now), d.now + 30s);
  d.wait(30s);
  d.write();
  EXPECT_EQ(d.all<EnquireLink>().size(), 2u);
  d.wait(9'999ms);
  EXPECT_TRUE(d.closed.empty());
  d.wait(1ms);
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::enquire_link_unanswered);
}

TEST(Session, WhateverThePeerSaysShowsThatItLives) {
  Dialogue d;
  d.bind();
  d.wait(30s);
  d.peer(5, EnquireLink{});
  d.wait(10s);
  EXPECT_TRUE(d.closed.empty());
}

TEST(Session, ThePeersEnquireLinkIsAnswered) {
  Dialogue d;
  d.bind();
  d.peer(0x1234, EnquireLink{});
  d.write();
  EXPECT_EQ(d.got.back(), (Pdu{0, 0x1234, EnquireLinkResp{}}));
}

TEST(Session, ReceiptsAreAnsweredAndToldOnlyIfFinal) {
  Dialogue d;
  d.bind();
  d.peer(7, DeliverSm{receipt("id:1 stat:DELIVRD err:000")});
  d.peer(8, DeliverSm{receipt("id:1 stat:ENROUTE")});
  d.peer(9, DeliverSm{message("a subscriber says id:1 stat:UNDELIV")});
  d.write();
  EXPECT_EQ(d.all<DeliverSmResp>().size(), 3u);
  ASSERT_EQ(d.receipts.size(), 1u);
  EXPECT_EQ(d.receipts[0].message_id, "1");
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
  EXPECT_TRUE(d.outcome_is<Transient>(2));
  EXPECT_EQ(d.session.free(d.now), 0u);
  d.submit(3);
  EXPECT_TRUE(d.outcome_is<Transient>(3));
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

TEST(Session, AnUnknownOrBrokenRequestIsRefusedAndTheLinkGoesOn) {
  Dialogue d;
  d.bind();
  std::string broken = bytes_of(11, DeliverSm{message()});
  broken.resize(30);
  broken[3] = 30;
  d.peer(bytes_of(10, Other{0x103}) + broken + bytes_of(12, EnquireLink{}) + bytes_of(13, Other{0x102}));
  d.write();
  const auto nacks = d.all<GenericNack>();
  ASSERT_EQ(nacks.size(), 2u);
  EXPECT_EQ(nacks[0], (Pdu{status_invalid_command, 10, GenericNack{}}));
  EXPECT_EQ(nacks[1], (Pdu{status_invalid_length, 11, GenericNack{}}));
  EXPECT_EQ(d.all<EnquireLinkResp>().size(), 1u);
  EXPECT_TRUE(d.closed.empty());
}

TEST(Session, BytesThatAreNoSmppClose) {
  Dialogue d;
  d.peer("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::protocol_error);
  d.peer("more");
  EXPECT_EQ(d.closed.size(), 1u);
}

TEST(Session, APeerThatAsksAndNeverReadsIsCutOff) {
  Dialogue d;
  d.bind();
  const std::string question = bytes_of(9, EnquireLink{});
  for (int i = 0; i < 70'000 && d.closed.empty(); ++i) d.session.feed(question, d.now), d.collect();
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::protocol_error);
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
  EXPECT_TRUE(d.outcome_is<Transient>(2));
  EXPECT_FALSE(d.outcomes.contains(1));
}

TEST(Session, EverySplitOfTheInputGivesTheSame) {
  const std::string bind = bytes_of(1, BindTransceiverResp{"smsc", {{0x0210, "\x34"}}});
  const std::string rest = bytes_of(100, EnquireLink{}) + bytes_of(2, SubmitSmResp{"a"}) +
                           bytes_of(101, DeliverSm{receipt("id:a stat:DELIVRD err:000")}) +
                           bytes_of(4, SubmitSmResp{}, 0x0B) + bytes_of(3, SubmitSmResp{}, 0x58) +
                           bytes_of(102, DeliverSm{receipt("id:b stat:UNDELIV err:011")}) +
                           bytes_of(103, Unbind{});
  for (std::size_t split = 0; split <= bind.size() + rest.size(); ++split) {
    const std::size_t in_bind = std::min(split, bind.size());
    const std::size_t in_rest = split - in_bind;
    Dialogue d;
    d.peer(std::string_view(bind).substr(0, in_bind));
    d.peer(std::string_view(bind).substr(in_bind));
    d.submit_and_write(3);
    d.peer(std::string_view(rest).substr(0, in_rest));
    d.peer(std::string_view(rest).substr(in_rest));
    EXPECT_TRUE(d.outcome_is<Sent>(1) && d.outcome_is<Transient>(2) && d.outcome_is<Permanent>(3)) << split;
    EXPECT_EQ(d.receipts.size(), 2u);
    EXPECT_EQ(d.closed.size(), 1u);
  }
}

// Each step of a good link in turn; at each one the link breaks instead, or the peer falls silent.
TEST(Session, AnErrorAtEachStepLeavesEverySubmitWithOneOutcome) {
  const std::vector<std::function<void(Dialogue&)>> steps{
      [](Dialogue& d) { d.bind(); },
      [](Dialogue& d) {
        for (SubmitToken t = 1; t <= 4; ++t) d.submit(t);
      },
      [](Dialogue& d) { d.write(); },
      [](Dialogue& d) { d.peer(2, SubmitSmResp{"a"}); },
      [](Dialogue& d) { d.peer(3, SubmitSmResp{}, 0x58); },
      [](Dialogue& d) { d.peer(9, DeliverSm{receipt("id:a stat:DELIVRD")}); },
      [](Dialogue& d) { d.submit(5), d.write(); },
      [](Dialogue& d) { d.wait(Pacer::hold), d.write(); },
      [](Dialogue& d) { d.session.unbind(d.now), d.write(); },
      [](Dialogue& d) { d.peer(4, SubmitSmResp{"b"}); },
  };
  using Fault = std::function<void(Dialogue&)>;
  const std::vector<Fault> faults{
      [](Dialogue& d) { d.session.end(d.written), d.collect(); },
      [](Dialogue& d) { d.peer("GARBAGE GARBAGE!"), d.session.end(d.written), d.collect(); },
      [](Dialogue& d) {  // silence: the session ends it by itself
        for (int i = 0; i < 100 && d.closed.empty(); ++i) {
          const SteadyTime next = d.session.next_deadline(d.now);
          ASSERT_NE(next, SteadyTime::max());
          d.wait(std::chrono::ceil<std::chrono::milliseconds>(std::max(next, d.now) - d.now));
          d.write();
        }
        ASSERT_EQ(d.closed.size(), 1u);
        d.session.end(d.written), d.collect();
      },
  };
  for (std::size_t broken = 0; broken <= steps.size(); ++broken) {
    for (const Fault& fault : faults) {
      Dialogue d;
      for (std::size_t i = 0; i < broken; ++i) steps[i](d);
      const std::size_t submitted = broken > 6 ? 5 : broken > 1 ? 4 : 0;
      fault(d);
      EXPECT_EQ(d.outcomes.size(), submitted) << broken;
      // What the peer has read and not answered is in doubt, and nothing else is.
      std::size_t answered = d.count<Sent>();
      for (const auto& [token, outcome] : d.outcomes)
        if (const auto* t = std::get_if<Transient>(&outcome)) answered += t->answer.starts_with("0x") ? 1 : 0;
      EXPECT_EQ(d.count<InDoubt>(), d.all<SubmitSm>().size() - answered) << broken;
      EXPECT_EQ(d.session.free(d.now), 0u);
    }
  }
}

}  // namespace
}  // namespace vestnik::sms::smpp
