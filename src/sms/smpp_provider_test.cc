#include "sms/provider_fixture.h"

namespace vestnik::sms {
namespace {

using namespace std::chrono_literals;

std::string text_of(const json::object& line) { return std::string(line.at("text").as_string()); }

using SmppProviderTest = WithPeers;

TEST_F(SmppProviderTest, AThousandMessagesArriveOnceEachAndAreReceipted) {
  RecordingSmsc smsc;
  ProviderOnLoop provider(smsc.url());
  constexpr int count = 1000;
  for (int i = 0; i < count; ++i)
    provider.send(i, "Hello №" + std::to_string(i), "+7916" + std::to_string(1'000'000 + i));
  ASSERT_TRUE(provider.wait_for_outcomes(count));
  EXPECT_EQ(provider.count<Sent>(), static_cast<std::size_t>(count));
  ASSERT_TRUE(provider.wait_for_receipts(count));

  std::map<std::string, std::string> recorded;
  for (const json::object& line : smsc.record())
    EXPECT_TRUE(recorded.emplace(line.at("destination").as_string(), text_of(line)).second);
  ASSERT_EQ(recorded.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(recorded.at("7916" + std::to_string(1'000'000 + i)), "Hello №" + std::to_string(i));
  std::set<std::string> sent_ids, receipt_ids;
  for (int i = 0; i < count; ++i) sent_ids.insert(std::get<Sent>(provider.outcome(i)).message_ids.at(0));
  for (const Receipt& receipt : provider.receipts()) {
    EXPECT_EQ(receipt.status, Receipt::Status::delivered);
    receipt_ids.insert(receipt.message_id);
  }
  EXPECT_EQ(sent_ids, receipt_ids);
}

TEST_F(SmppProviderTest, AddressesFlagsAndAlphabetAreAsConfigured) {
  RecordingSmsc smsc;
  ProviderOnLoop provider(smsc.url());
  provider.send(1, "Price: 5€ [net]");
  ASSERT_TRUE(provider.wait_for_outcomes(1));
  const json::object line = smsc.record().at(0);
  EXPECT_EQ(line.at("destination"), "79160000000");
  EXPECT_EQ(line.at("dest_ton"), 1);
  EXPECT_EQ(line.at("dest_npi"), 1);
  EXPECT_EQ(line.at("source"), "Vestnik");
  EXPECT_EQ(line.at("source_ton"), 5);
  EXPECT_EQ(line.at("source_npi"), 0);
  EXPECT_EQ(line.at("data_coding"), 0);
  EXPECT_EQ(line.at("esm_class"), 0);
  EXPECT_EQ(line.at("registered_delivery"), 1);
  EXPECT_EQ(text_of(line), "Price: 5€ [net]");
  EXPECT_TRUE(line.at("concatenation").is_null());
}

TEST_F(SmppProviderTest, PartsComeTogetherAgain) {
  RecordingSmsc smsc;
  ProviderOnLoop provider(smsc.url("?window=2"));
  std::map<int, std::string> texts;
  for (int i = 0; i < 5; ++i) {
    for (int k = 0; k < 20 + i * 10; ++k) texts[i] += "Привет 🙂 ";
    texts[i].resize(texts[i].size() - 1);
    provider.send(i, texts[i], "+791600000" + std::to_string(10 + i));
  }
  ASSERT_TRUE(provider.wait_for_outcomes(5));
  ASSERT_EQ(provider.count<Sent>(), 5u);
  std::map<std::string, std::map<int, std::string>> parts;
  for (const json::object& line : smsc.record()) {
    const json::object& concatenation = line.at("concatenation").as_object();
    EXPECT_EQ(line.at("esm_class"), 0x40);
    EXPECT_EQ(line.at("data_coding"), 8);
    parts[std::string(line.at("destination").as_string())]
         [static_cast<int>(concatenation.at("part").as_int64())] = text_of(line);
  }
  for (int i = 0; i < 5; ++i) {
    std::string together;
    for (const auto& [number, text] : parts.at("791600000" + std::to_string(10 + i))) together += text;
    EXPECT_EQ(together, texts[i]);
    EXPECT_EQ(std::get<Sent>(provider.outcome(i)).message_ids.size(),
              parts.at("791600000" + std::to_string(10 + i)).size());
  }
}

TEST_F(SmppProviderTest, TheNextAttemptSendsOnlyThePartsThatAreMissing) {
  RecordingSmsc smsc({"--throttle-first", "1"});
  ProviderOnLoop provider(smsc.url());
  const std::string text(400, 'x');
  provider.send(1, text);
  ASSERT_TRUE(provider.wait_for_outcomes(1));
  const auto refused = std::get<Transient>(provider.outcome(1));
  EXPECT_TRUE(refused.throttled);
  EXPECT_EQ(smsc.record().size(), 2u);
  provider.send(2, text, "+79160000000", refused.progress);
  ASSERT_TRUE(provider.wait_for_outcomes(2));
  EXPECT_EQ(std::get<Sent>(provider.outcome(2)).message_ids.size(), 3u);
  EXPECT_EQ(smsc.record().size(), 3u);
}

TEST_F(SmppProviderTest, ThrottlingHoldsCapacityAndThenGoesOn) {
  for (const char* status : {"0x58", "0x14"}) {
    RecordingSmsc smsc({"--throttle-first", "3", "--throttle-status", status});
    ProviderOnLoop provider(smsc.url());
    ASSERT_TRUE(provider.wait_until_bound());
    for (int i = 0; i < 3; ++i) provider.send(i, "x");
    ASSERT_TRUE(provider.wait_for_outcomes(3));
    // Those not yet written when the first answer came had to wait, and were taken then.
    for (int i = 0; i < 3; ++i) {
      const Outcome outcome = provider.outcome(i);
      const auto* refused = std::get_if<Transient>(&outcome);
      EXPECT_TRUE(refused ? refused->throttled : std::holds_alternative<Sent>(outcome));
    }
    EXPECT_TRUE(std::holds_alternative<Transient>(provider.outcome(0)));
    for (int i = 3; i < 9; ++i) provider.send(i, "x");
    ASSERT_TRUE(provider.wait_for_outcomes(9));
    EXPECT_TRUE(std::holds_alternative<Sent>(provider.outcome(8)));
  }
}

TEST_F(SmppProviderTest, ALinkDroppedWithUnansweredSubmitsLeavesExactlyThoseInDoubtAndRebinds) {
  constexpr int window = 50, before = 30;
  RecordingSmsc smsc({"--drop-after", std::to_string(before), "--drop-unanswered", std::to_string(window)});
  ProviderOnLoop provider(smsc.url("?window=" + std::to_string(window)));
  constexpr int count = 300;
  for (int i = 0; i < count; ++i) provider.send(i, "x");
  ASSERT_TRUE(provider.wait_for_outcomes(count));
  EXPECT_EQ(provider.count<InDoubt>(), static_cast<std::size_t>(window));
  EXPECT_EQ(provider.count<Sent>(), static_cast<std::size_t>(count - window));
  EXPECT_EQ(smsc.record().size(), static_cast<std::size_t>(count));
  EXPECT_EQ(smsc.record().back().at("link"), 2);
}

TEST_F(SmppProviderTest, RefusalsAreFinalForTheNumberOnly) {
  RecordingSmsc smsc({"--reject", "666$"});
  ProviderOnLoop provider(smsc.url());
  provider.send(1, "x", "+79160000666");
  provider.send(2, "x", "not a number");
  provider.send(3, std::string(2000, 'x'));
  provider.send(4, "");
  provider.send(5, "x");
  ASSERT_TRUE(provider.wait_for_outcomes(5));
  for (int i = 1; i <= 4; ++i) EXPECT_TRUE(std::holds_alternative<Permanent>(provider.outcome(i))) << i;
  EXPECT_EQ(std::get<Permanent>(provider.outcome(1)).answer, "0x0000000B ESME_RINVDSTADR");
  EXPECT_TRUE(std::holds_alternative<Sent>(provider.outcome(5)));
}

TEST_F(SmppProviderTest, ReceiptsEarlyTwiceFailedAndInAnotherNotation) {
  const struct {
    std::vector<std::string> options;
    const char* query;
    std::size_t receipts;
    Receipt::Status status;
  } cases[] = {
      {{"--receipts", "early"}, "", 1, Receipt::Status::delivered},
      {{"--receipts", "twice", "--receipt-delay-ms", "20"}, "", 2, Receipt::Status::delivered},
      {{"--fail", "0$"}, "", 1, Receipt::Status::failed},
      {{"--ids", "hex", "--receipt-ids", "decimal"},
       "?response_ids=hex&receipt_ids=decimal",
       1,
       Receipt::Status::delivered},
      {{"--ids", "hex", "--receipt-ids", "decimal", "--receipt-tlvs"}, "", 1, Receipt::Status::delivered},
  };
  for (const auto& c : cases) {
    RecordingSmsc smsc(c.options);
    ProviderOnLoop provider(smsc.url(c.query));
    provider.send(1, "x");
    ASSERT_TRUE(provider.wait_for_outcomes(1));
    ASSERT_TRUE(provider.wait_for_receipts(c.receipts));
    for (const Receipt& receipt : provider.receipts()) {
      EXPECT_EQ(receipt.provider, "smpp");
      EXPECT_EQ(receipt.status, c.status);
      EXPECT_EQ(receipt.message_id, std::get<Sent>(provider.outcome(1)).message_ids.at(0));
    }
  }
}

TEST_F(SmppProviderTest, AReceiptIsAcknowledgedOnlyOnceTheLedgerHasIt) {
  RecordingSmsc smsc;
  ProviderOnLoop provider(smsc.url());
  provider.stop_ledger();
  provider.send(1, "x");
  ASSERT_TRUE(provider.wait_for_receipts(1));
  // What the peer has heard since is on the wire behind where the acknowledgement would be.
  provider.send(2, "x");
  ASSERT_TRUE(provider.wait_for_receipts(2));
  EXPECT_TRUE(smsc.receipt_answers().empty());
  provider.let_ledger_go_on();
  ASSERT_TRUE(provider.look_until([&] { return smsc.receipt_answers().size() == 2; }));
  for (const json::object& answer : smsc.receipt_answers()) {
    EXPECT_EQ(answer.at("status"), 0);
    EXPECT_EQ(answer.at("sent"), 1);
  }
}

TEST_F(SmppProviderTest, WhatTheLedgerDidNotHaveWhenTheLinkBrokeComesAgainOnTheNext) {
  RecordingSmsc smsc({"--drop-after", "3", "--drop-unanswered", "1"});
  ProviderOnLoop provider(smsc.url());
  provider.stop_ledger();
  for (int i = 0; i < 3; ++i) provider.send(i, "x");
  ASSERT_TRUE(provider.wait_for_receipts(3));
  provider.send(3, "x");  // the link goes with it
  ASSERT_TRUE(provider.wait_for_receipts(6));
  EXPECT_EQ(provider.count<InDoubt>(), 1u);
  EXPECT_TRUE(smsc.receipt_answers().empty());
  // Those told on the link that is gone have nobody to be acknowledged to; their repetitions have.
  provider.let_ledger_go_on();
  ASSERT_TRUE(provider.look_until([&] { return smsc.receipt_answers().size() == 3; }));
  std::map<std::string, int> told;
  for (const Receipt& receipt : provider.receipts()) ++told[receipt.message_id];
  for (const json::object& answer : smsc.receipt_answers()) {
    EXPECT_EQ(answer.at("status"), 0);
    EXPECT_EQ(answer.at("link"), 2);
    EXPECT_EQ(answer.at("sent"), 2);
    EXPECT_EQ(told.at(std::string(answer.at("message_id").as_string())), 2);
  }
}

TEST_F(SmppProviderTest, MoreReceiptsThanTheLedgerTakesAreRefusedAndComeAgain) {
  RecordingSmsc smsc({"--receipt-retry-ms", "20"});
  ProviderOnLoop provider(smsc.url(), {}, 2);
  provider.stop_ledger();
  for (int i = 0; i < 5; ++i) provider.send(i, "x");
  const auto answers = [&](int status) {
    const auto lines = smsc.receipt_answers();
    return std::ranges::count_if(lines,
                                 [&](const json::object& line) { return line.at("status") == status; });
  };
  ASSERT_TRUE(provider.look_until([&] { return answers(0x64) >= 6; }));
  EXPECT_EQ(provider.receipts().size(), 2u);
  provider.let_ledger_go_on();
  ASSERT_TRUE(provider.look_until([&] { return answers(0) == 5; }));
  EXPECT_EQ(provider.receipts().size(), 5u) << "told once each";
}

TEST_F(SmppProviderTest, APeerThatDoesNotAnswerEnquireLinkIsLeftAndBoundAgain) {
  RecordingSmsc smsc({"--ignore-enquire-link"});
  ProviderOnLoop provider(smsc.url("?enquire_link_s=1"), {.enquire_link_limit = 200ms});
  ASSERT_TRUE(provider.wait_until_bound());
  ASSERT_TRUE(provider.wait_until_health([](const Health& health) { return !health.well; }));
  ASSERT_TRUE(provider.wait_until_bound());
  provider.send(1, "x");
  ASSERT_TRUE(provider.wait_for_outcomes(1));
  EXPECT_GE(smsc.record().at(0).at("link").as_int64(), 2);
}

TEST_F(SmppProviderTest, ARefusedBindIsTold) {
  RecordingSmsc smsc({"--password", "other"});
  ProviderOnLoop provider(smsc.url());
  EXPECT_TRUE(provider.wait_until_health([](const Health& health) {
    return !health.well && health.detail.find("ESME_RINVPASWD") != std::string::npos;
  }));
  EXPECT_EQ(provider.capacity(), 0u);
  EXPECT_EQ(provider.health().detail.find("secret"), std::string::npos);
  EXPECT_TRUE(provider.stop(1s));
}

TEST_F(SmppProviderTest, SeveralBindsShareTheWork) {
  RecordingSmsc smsc({"--answer-delay-ms", "5"});
  ProviderOnLoop provider(smsc.url("?window=2&binds=3"));
  ASSERT_TRUE(
      provider.wait_until_health([](const Health& health) { return health.detail.starts_with("3 of 3"); }));
  EXPECT_EQ(provider.capacity(), 6u);
  for (int i = 0; i < 30; ++i) provider.send(i, "x");
  ASSERT_TRUE(provider.wait_for_outcomes(30));
  std::set<std::int64_t> links;
  for (const json::object& line : smsc.record()) links.insert(line.at("link").as_int64());
  EXPECT_EQ(links.size(), 3u);
}

TEST_F(SmppProviderTest, StopWaitsForAnswersThenUnbinds) {
  RecordingSmsc smsc({"--answer-delay-ms", "200"});
  ProviderOnLoop provider(smsc.url());
  ASSERT_TRUE(provider.wait_until_bound());
  for (int i = 0; i < 10; ++i) provider.send(i, "x");
  EXPECT_TRUE(provider.stop(10s));
  EXPECT_EQ(provider.count<Sent>(), 10u);
  EXPECT_EQ(provider.capacity(), 0u);
}

TEST_F(SmppProviderTest, AtItsLimitStopLeavesTheWrittenInDoubtAndTheRestTransient) {
  RecordingSmsc smsc({"--answer-delay-ms", "60000"});
  ProviderOnLoop provider(smsc.url("?window=1"));
  ASSERT_TRUE(provider.wait_until_bound());
  provider.send(1, std::string(400, 'x'));  // one part of three fits the window
  EXPECT_TRUE(provider.stop(300ms));
  ASSERT_TRUE(provider.wait_for_outcomes(1));
  EXPECT_TRUE(std::holds_alternative<InDoubt>(provider.outcome(1)));
  EXPECT_EQ(smsc.record().size(), 1u);
}

TEST_F(SmppProviderTest, AnAnswerThatNeverComesIsInDoubtByItsDeadline) {
  RecordingSmsc smsc({"--answer-delay-ms", "60000"});
  ProviderOnLoop provider(smsc.url("?response_s=1"));
  provider.send(1, "x");
  ASSERT_TRUE(provider.wait_for_outcomes(1));
  EXPECT_TRUE(std::holds_alternative<InDoubt>(provider.outcome(1)));
}

TEST_F(SmppProviderTest, OverTlsWithACertificateThatIsCheckedUnlessTold) {
  const std::string pem =
      std::filesystem::temp_directory_path() / ("vestnik-sms-" + std::to_string(getpid()));
  PeerProcess({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-batch", "-subj", "/CN=127.0.0.1", "-keyout", pem + ".key", "-out", pem})
      .read_line();
  std::ofstream(pem, std::ios::app) << std::ifstream(pem + ".key").rdbuf();
  {
    RecordingSmsc smsc({"--tls-cert", pem});
    ProviderOnLoop trusting(smsc.url("?tls_verify=false", "smpps"));
    for (int i = 0; i < 200; ++i) trusting.send(i, "x");
    ASSERT_TRUE(trusting.wait_for_outcomes(200));
    EXPECT_EQ(trusting.count<Sent>(), 200u);
    ProviderOnLoop strict(smsc.url("", "smpps"));
    EXPECT_TRUE(strict.wait_until_health([](const Health& health) {
      return !health.well && health.detail.find("certificate") != std::string::npos;
    }));
  }
  std::filesystem::remove(pem);
  std::filesystem::remove(pem + ".key");
}

TEST(SmppProvider, WithoutAPeerThereIsNoCapacityAndItSaysWhy) {
  ProviderOnLoop provider("smpp://v:p@127.0.0.1:" + std::to_string(free_port()));
  EXPECT_TRUE(provider.wait_until_health([](const Health& health) {
    return !health.well && health.detail.find("can't connect") != std::string::npos;
  }));
  EXPECT_EQ(provider.capacity(), 0u);
  EXPECT_TRUE(provider.stop(1s));
}

}  // namespace
}  // namespace vestnik::sms
