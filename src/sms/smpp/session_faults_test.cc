// What breaks a link, at every byte and every step.
#include <functional>
#include <gtest/gtest.h>

#include "sms/smpp/session_dialogue.h"
#include "sms/smpp/status.h"

namespace vestnik::sms::smpp {
namespace {

using namespace std::chrono_literals;

TEST(SessionFaults, ALostLinkLeavesExactlyTheWrittenOnesInDoubt) {
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
  for (const auto& [token, outcome] : d.outcomes)
    if (const auto* unsent = std::get_if<Transient>(&outcome)) {
      EXPECT_FALSE(unsent->burns_attempt()) << "it was never written";
      EXPECT_TRUE(unsent->provider_failed);
    }
}

TEST(SessionFaults, ASubmitOfWhichOneByteIsMissingIsNotInDoubt) {
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

TEST(SessionFaults, AnIdleLinkIsAskedAndDeadWithoutAnAnswer) {
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

TEST(SessionFaults, WhateverThePeerSaysShowsThatItLives) {
  Dialogue d;
  d.bind();
  d.wait(30s);
  d.peer(5, EnquireLink{});
  d.wait(10s);
  EXPECT_TRUE(d.closed.empty());
}

TEST(SessionFaults, AnUnknownOrBrokenRequestIsRefusedAndTheLinkGoesOn) {
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

TEST(SessionFaults, BytesThatAreNoSmppClose) {
  Dialogue d;
  d.peer("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::protocol_error);
  d.peer("more");
  EXPECT_EQ(d.closed.size(), 1u);
}

TEST(SessionFaults, APeerThatAsksAndNeverReadsIsCutOff) {
  Dialogue d;
  d.bind();
  const std::string question = bytes_of(9, EnquireLink{});
  for (int i = 0; i < 70'000 && d.closed.empty(); ++i) d.session.feed(question, d.now), d.collect();
  EXPECT_EQ(d.closed.at(0).reason, CloseReason::protocol_error);
}

TEST(SessionFaults, EverySplitOfTheInputGivesTheSame) {
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
    for (const ReceiptToken token : d.tokens) d.session.receipt_recorded(token);
    d.write();
    EXPECT_EQ(d.all<DeliverSmResp>().size(), 2u);
    EXPECT_EQ(d.closed.size(), 1u);
  }
}

TEST(SessionFaults, AnErrorAtEachStepLeavesEverySubmitWithOneOutcome) {
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
      [](Dialogue& d) { d.session.receipt_recorded(d.tokens.at(0)), d.write(); },
      [](Dialogue& d) { d.peer(10, DeliverSm{receipt("id:b stat:UNDELIV")}); },
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
      // A receipt is acknowledged if it was recorded while the link was there, and never otherwise.
      const std::size_t acknowledged = d.all<DeliverSmResp>().size();
      EXPECT_EQ(acknowledged, broken > 8 ? 1u : 0u) << broken;
      for (const ReceiptToken receipt : d.tokens) d.session.receipt_recorded(receipt);
      d.write();
      EXPECT_EQ(d.all<DeliverSmResp>().size(), acknowledged) << broken;
    }
  }
}

}  // namespace
}  // namespace vestnik::sms::smpp
