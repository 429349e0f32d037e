// The sink's own reading of SMPP against Vestnik's codec.
#include "bench/load/smpp_dialogue.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "sms/smpp/receipt.h"

namespace vestnik::bench {
namespace {

namespace smpp = sms::smpp;
using Next = Dialogue::Next;

std::string encoded(std::uint32_t sequence, smpp::Body body) {
  std::string bytes;
  smpp::encode({.sequence = sequence, .body = std::move(body)}, bytes);
  return bytes;
}

smpp::SubmitSm submit(std::string digits, std::uint8_t registered_delivery) {
  return {{.source = {.ton = 5, .digits = "Vestnik"},
           .destination = {.ton = 1, .npi = 1, .digits = std::move(digits)},
           .registered_delivery = registered_delivery,
           .short_message = std::string("a\0b", 3)}};
}

struct SmppHeard {
  std::vector<smpp::Pdu> pdus;
  Next next = Next::more;
};
SmppHeard say(SmppDialogue& dialogue, std::string_view input, std::size_t piece = 1 << 20) {
  SmppHeard heard;
  smpp::Decoder decoder;
  for (; !input.empty() && heard.next == Next::more; input.remove_prefix(std::min(piece, input.size()))) {
    std::string answers;
    heard.next = dialogue.on_bytes(input.substr(0, piece), 7, answers);
    decoder.feed(answers);
    while (auto pdu = decoder.next()) heard.pdus.push_back(pdu->value());
  }
  return heard;
}

std::uint64_t messages(const Tally& tally) {
  return tally.counters().at("messages").to_number<std::uint64_t>();
}

TEST(SmppDialogue, AWholeSessionInOneWriteAndByteByByte) {
  const std::string session = encoded(1, smpp::BindTransceiver{.system_id = "x"}) +
                              encoded(2, submit("491", 0)) + encoded(3, submit("492", 1)) +
                              encoded(4, smpp::EnquireLink{}) + encoded(9, smpp::DeliverSmResp{}) +
                              encoded(5, smpp::Unbind{});
  for (const std::size_t piece : {1UL, 10UL, 100UL, 10'000UL}) {
    Tally tally("");
    SmppDialogue dialogue(tally, true);
    const SmppHeard heard = say(dialogue, session, piece);
    EXPECT_EQ(heard.next, Next::close);
    EXPECT_EQ(messages(tally), 2);
    ASSERT_EQ(heard.pdus.size(), 6);
    EXPECT_TRUE(std::holds_alternative<smpp::BindTransceiverResp>(heard.pdus[0].body));
    std::set<std::string> ids;
    for (const std::uint32_t i : {1U, 2U}) {
      EXPECT_EQ(heard.pdus[i].sequence, i + 1);
      EXPECT_EQ(heard.pdus[i].status, 0);
      ids.insert(std::get<smpp::SubmitSmResp>(heard.pdus[i].body).message_id);
    }
    EXPECT_EQ(ids.size(), 2);
    const auto& message = std::get<smpp::DeliverSm>(heard.pdus[3].body).message;
    EXPECT_EQ(message.source, (smpp::Address{1, 1, "492"}));
    EXPECT_EQ(message.destination, (smpp::Address{5, 0, "Vestnik"}));
    const auto receipt = smpp::read_receipt(message);
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->message_id, *ids.rbegin());
    EXPECT_EQ(receipt->state, smpp::DeliveryState::delivered);
    EXPECT_TRUE(std::holds_alternative<smpp::EnquireLinkResp>(heard.pdus[4].body));
    EXPECT_TRUE(std::holds_alternative<smpp::UnbindResp>(heard.pdus[5].body));
  }
}

TEST(SmppDialogue, NoReceiptsUnlessTheSinkGivesThem) {
  Tally tally("");
  SmppDialogue dialogue(tally, false);
  EXPECT_EQ(say(dialogue, encoded(1, smpp::BindTransceiver{}) + encoded(2, submit("491", 1))).pdus.size(), 2);
}

TEST(SmppDialogue, WhatMakesNoSenseIsRefused) {
  Tally tally("");
  SmppDialogue dialogue(tally, false);
  EXPECT_EQ(say(dialogue, encoded(1, submit("491", 0))).pdus.at(0).status, 4);  // ESME_RINVBNDSTS
  say(dialogue, encoded(2, smpp::BindTransceiver{}));
  std::string cut = encoded(3, submit("491", 0));
  cut.resize(cut.size() - 1);
  cut[3] = static_cast<char>(cut.size());
  EXPECT_EQ(say(dialogue, cut).pdus.at(0).status, 2);  // ESME_RINVCMDLEN
  EXPECT_EQ(messages(tally), 0);
  const SmppHeard unknown = say(dialogue, std::string("\0\0\0\x10\0\0\1\3\0\0\0\0\0\0\0\4", 16));  // data_sm
  EXPECT_TRUE(std::holds_alternative<smpp::GenericNack>(unknown.pdus.at(0).body));
  EXPECT_EQ(say(dialogue, std::string(16, '\x7F')).next, Next::close);
}

}  // namespace
}  // namespace vestnik::bench
