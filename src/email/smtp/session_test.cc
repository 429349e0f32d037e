#include "email/smtp/session.h"

#include "email/smtp/session_dialogue.h"

namespace vestnik::email::smtp {
namespace {

const std::string accepted = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n";
const Turn pipelined{group, accepted};
const Turn taken{wire, "250 2.0.0 queued as 1\r\n"};

// Through Ready, then one message.
Action deliver(Dialogue& dialogue) {
  EXPECT_TRUE(is_ready(dialogue.open()));
  return dialogue.send();
}

TEST(SmtpSession, OneMessageWithPipelining) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({"PIPELINING"}) + std::vector{pipelined, taken, Turn{"QUIT\r\n", "221 bye\r\n"}});
  EXPECT_EQ(outcome_of<Sent>(deliver(dialogue)).answer, "250 2.0.0 queued as 1");
  const Action end = dialogue.quit();
  EXPECT_FALSE(std::get<Close>(end).failure.has_value());
  EXPECT_FALSE(std::get<Close>(end).outcome.has_value());
  EXPECT_TRUE(dialogue.finished());
}

TEST(SmtpSession, OneCommandAtATimeWithoutPipelining) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({}) + std::vector<Turn>{{"MAIL FROM:<from@example.org>\r\n", "250 ok\r\n"},
                                                    {"RCPT TO:<to@example.org>\r\n", "251 ok\r\n"},
                                                    {"DATA\r\n", "354 go\r\n"},
                                                    taken});
  outcome_of<Sent>(deliver(dialogue));
  EXPECT_TRUE(dialogue.finished());
}

TEST(SmtpSession, SeveralMessagesOnOneConnectionNeedNoReset) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({"PIPELINING"}) + std::vector{pipelined, taken, pipelined, taken});
  outcome_of<Sent>(deliver(dialogue));
  outcome_of<Sent>(dialogue.send());
}

TEST(SmtpSession, AnUnfinishedTransactionIsResetBeforeTheNext) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({"PIPELINING"}) +
                        std::vector<Turn>{{group, "250 ok\r\n550 5.1.1 who?\r\n554 no recipients\r\n"},
                                          {"RSET\r\n" + group, "250 ok\r\n" + accepted},
                                          taken});
  EXPECT_EQ(outcome_of<Permanent>(deliver(dialogue)).answer, "550 5.1.1 who? (RCPT TO, 2 ms)");
  outcome_of<Sent>(dialogue.send());
  EXPECT_TRUE(dialogue.finished());
}

TEST(SmtpSession, FallsBackToHelo) {
  Dialogue dialogue(config_with(TlsMode::opportunistic), {{"", "220 old\r\n"},
                                                          {"EHLO me.example.org\r\n", "500 what?\r\n"},
                                                          {"HELO me.example.org\r\n", "250 old\r\n"}});
  EXPECT_TRUE(is_ready(dialogue.open()));
  EXPECT_FALSE(dialogue.session.capabilities().pipelining);
}

TEST(SmtpSession, StarttlsForgetsAndDropsWhatCameInTheClear) {
  // What follows the 220 was put there by somebody on the way: as the answer to EHLO it would offer AUTH
  // LOGIN.
  Dialogue dialogue(config_with(TlsMode::required, Credentials{"u", "p"}),
                    std::vector<Turn>{{"", "220 mx\r\n"},
                                      {"EHLO me.example.org\r\n", ehlo_answer({"STARTTLS", "PIPELINING"})},
                                      {"STARTTLS\r\n", "220 go\r\n250-evil\r\n250 AUTH LOGIN\r\n"},
                                      tls_turn,
                                      {"EHLO me.example.org\r\n", ehlo_answer({"AUTH PLAIN"})},
                                      {"AUTH PLAIN AHUAcA==\r\n", "235 ok\r\n"}});
  EXPECT_TRUE(is_ready(dialogue.open()));
  EXPECT_TRUE(dialogue.session.is_tls());
  EXPECT_FALSE(dialogue.session.capabilities().pipelining);
}

TEST(SmtpSession, RequiredTlsFailsClosed) {
  for (const bool offered : {false, true}) {
    auto script = opening(offered ? std::vector<std::string>{"STARTTLS"} : std::vector<std::string>{});
    if (offered) script.push_back({"STARTTLS\r\n", "454 not now\r\n"});
    Dialogue dialogue(config_with(TlsMode::required), script);
    EXPECT_EQ(failure_of(dialogue.open()).kind, FailureKind::tls);
  }
}

TEST(SmtpSession, OpportunisticTlsGoesOnInTheClear) {
  Dialogue none(config_with(TlsMode::opportunistic), opening({}));
  EXPECT_TRUE(is_ready(none.open()));
  Dialogue refused(config_with(TlsMode::opportunistic),
                   opening({"STARTTLS"}) + std::vector<Turn>{{"STARTTLS\r\n", "454 not now\r\n"}});
  EXPECT_TRUE(is_ready(refused.open()));
  EXPECT_FALSE(refused.session.is_tls());
}

TEST(SmtpSession, ImplicitTlsComesBeforeTheGreeting) {
  Dialogue dialogue(config_with(TlsMode::implicit), std::vector{tls_turn} + opening({"STARTTLS"}));
  EXPECT_TRUE(is_ready(dialogue.open()));
  EXPECT_TRUE(dialogue.session.is_tls());
}

TEST(SmtpSession, AuthLogin) {
  Dialogue dialogue(config_with(TlsMode::never, Credentials{"user", "secret"}),
                    opening({"AUTH=LOGIN"}) + std::vector<Turn>{{"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n"},
                                                                {"dXNlcg==\r\n", "334 UGFzc3dvcmQ6\r\n"},
                                                                {"c2VjcmV0\r\n", "235 ok\r\n"}});
  EXPECT_TRUE(is_ready(dialogue.open()));
}

TEST(SmtpSession, AFailedLoginIsTheConnectionsFailureAndShowsNoSecret) {
  Dialogue dialogue(config_with(TlsMode::never, Credentials{"user", "secret"}),
                    opening({"AUTH PLAIN LOGIN"}) + std::vector<Turn>{{"AUTH PLAIN AHVzZXIAc2VjcmV0\r\n",
                                                                       "535 5.7.8 bad secret for user\r\n"}});
  const auto failure = failure_of(dialogue.open());
  EXPECT_EQ(failure.kind, FailureKind::authentication);
  EXPECT_EQ(failure.in_flight, Command::auth);
  EXPECT_EQ(failure.message, "the server refused user and password of SMTP_URL with 535 5.7.8");
  Dialogue none(config_with(TlsMode::never, Credentials{"u", "p"}), opening({"AUTH CRAM-MD5"}));
  EXPECT_EQ(failure_of(none.open()).kind, FailureKind::authentication);
}

TEST(SmtpSession, ExtensionsShowInMailFrom) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({"PIPELINING", "SIZE 1000", "8BITMIME", "SMTPUTF8"}) +
                        std::vector<Turn>{{"MAIL FROM:<from@example.org> SIZE=8 BODY=8BITMIME "
                                           "SMTPUTF8\r\nRCPT TO:<я@почта.рф>\r\nDATA\r\n",
                                           accepted},
                                          {"\r\nда\r\n.\r\n", "250 ok\r\n"}});
  EXPECT_TRUE(is_ready(dialogue.open()));
  outcome_of<Sent>(dialogue.send("я@почта.рф", "\nда"));
}

TEST(SmtpSession, WhatTheServerCannotTakeIsNotSent) {
  Dialogue dialogue(config_with(TlsMode::never), opening({"SIZE 10"}));
  EXPECT_TRUE(is_ready(dialogue.open()));
  EXPECT_NE(outcome_of<Permanent>(dialogue.send("я@example.org")).answer.find("SMTPUTF8"), std::string::npos);
  EXPECT_NE(outcome_of<Permanent>(dialogue.send("a@b", "я")).answer.find("8BITMIME"), std::string::npos);
  EXPECT_NE(outcome_of<Permanent>(dialogue.send("a@b", "12345678901")).answer.find("octets"),
            std::string::npos);
  outcome_of<Permanent>(dialogue.send("a@b\r\nDATA"));
  outcome_of<Permanent>(dialogue.send(""));
  EXPECT_TRUE(dialogue.finished());
}

TEST(SmtpSession, SizeZeroIsNoLimit) {
  Dialogue dialogue(
      config_with(TlsMode::never),
      opening({"SIZE 0", "PIPELINING"}) +
          std::vector<Turn>{
              {"MAIL FROM:<from@example.org> SIZE=21\r\nRCPT TO:<to@example.org>\r\nDATA\r\n", accepted},
              taken});
  outcome_of<Sent>(deliver(dialogue));
}

struct Verdict {
  std::string answer;
  bool permanent;
};

TEST(SmtpSession, ANegativeAnswerAnywhereInTheGroupDecides) {
  const std::vector<std::pair<std::string, bool>> cases{{"550 no\r\n503 seq\r\n503 seq\r\n", true},
                                                        {"451 later\r\n503 seq\r\n503 seq\r\n", false},
                                                        {"250 ok\r\n450 greylisted\r\n554 none\r\n", false},
                                                        {"250 ok\r\n250 ok\r\n451 disk\r\n", false},
                                                        {"250 ok\r\n250 ok\r\n552 too much\r\n", true}};
  for (const auto& [answers, permanent] : cases) {
    Dialogue dialogue(config_with(TlsMode::never),
                      opening({"PIPELINING"}) + std::vector<Turn>{{group, answers}});
    const Action action = deliver(dialogue);
    EXPECT_TRUE(is_ready(action)) << answers;
    if (permanent)
      outcome_of<Permanent>(action);
    else
      outcome_of<Transient>(action);
  }
}

TEST(SmtpSession, ADataAcceptedWithoutRecipientsIsEndedByTheDot) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({"PIPELINING"}) + std::vector<Turn>{{group, "250 ok\r\n550 who?\r\n354 go\r\n"},
                                                                {".\r\n", "554 nobody\r\n"},
                                                                pipelined,
                                                                taken});
  EXPECT_NE(outcome_of<Permanent>(deliver(dialogue)).answer.find("who?"), std::string::npos);
  outcome_of<Sent>(dialogue.send());
}

TEST(SmtpSession, ADataAcceptedAfterARefusedSenderIsNeverEnded) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({"PIPELINING"}) + std::vector<Turn>{{group, "550 no\r\n250 ok\r\n354 go\r\n"}});
  const Action action = deliver(dialogue);
  outcome_of<Permanent>(action);
  EXPECT_EQ(failure_of(action).kind, FailureKind::protocol);
}

TEST(SmtpSession, TheAnswerToTheMessageDecides) {
  for (const auto& [answer, permanent] :
       {std::pair{"452 4.3.1 full\r\n", false}, std::pair{"554 5.7.1 spam\r\n", true}}) {
    Dialogue dialogue(
        config_with(TlsMode::never),
        opening({"PIPELINING"}) + std::vector<Turn>{pipelined, {wire, answer}, pipelined, taken});
    const Action action = deliver(dialogue);
    if (permanent)
      outcome_of<Permanent>(action);
    else
      outcome_of<Transient>(action);
    outcome_of<Sent>(dialogue.send());
  }
}

TEST(SmtpSession, AnAnswerThatIsNoneLeavesTheMessageInDoubt) {
  for (const char* answer : {"354 what?\r\n", "hello\r\n", "250-ok\r\n550 no\r\n"}) {
    Dialogue dialogue(config_with(TlsMode::never),
                      opening({"PIPELINING"}) + std::vector<Turn>{pipelined, {wire, answer}});
    const Action action = deliver(dialogue);
    outcome_of<InDoubt>(action);
    EXPECT_EQ(failure_of(action).kind, FailureKind::protocol);
  }
}

// Taken for the answer to the message, this 250 would lose it.
TEST(SmtpSession, AnAnswerThatComesTooEarlyEndsTheConnection) {
  Dialogue dialogue(config_with(TlsMode::never),
                    opening({"PIPELINING"}) + std::vector<Turn>{{group, accepted + "250 queued\r\n"}});
  const Action action = deliver(dialogue);
  outcome_of<Transient>(action);
  EXPECT_EQ(failure_of(action).kind, FailureKind::protocol);
}

TEST(SmtpSession, AFarewellBetweenMessagesLeavesTheNextUntouched) {
  Dialogue said(config_with(TlsMode::never),
                opening({"PIPELINING"}) + std::vector<Turn>{pipelined, taken, {group, "421 idle\r\n"}});
  outcome_of<Sent>(deliver(said));
  EXPECT_TRUE(std::get<Close>(said.send()).untouched);
  Dialogue before(config_with(TlsMode::never),
                  opening({"PIPELINING"}) + std::vector<Turn>{pipelined, {wire, "250 ok\r\n421 bye\r\n"}});
  outcome_of<Sent>(deliver(before));
  EXPECT_TRUE(std::get<Close>(before.send()).untouched);
  Dialogue closed(config_with(TlsMode::never), opening({"PIPELINING"}) + std::vector<Turn>{pipelined, taken});
  outcome_of<Sent>(deliver(closed));
  EXPECT_TRUE(std::get<Close>(closed.send()).untouched);
}

TEST(SmtpSession, WantedAuthenticationIsNotTheMessagesFault) {
  Dialogue dialogue(
      config_with(TlsMode::never),
      opening({}) + std::vector<Turn>{{"MAIL FROM:<from@example.org>\r\n", "530 5.7.0 log in\r\n"}});
  const Action action = deliver(dialogue);
  outcome_of<Transient>(action);
  EXPECT_EQ(failure_of(action).kind, FailureKind::authentication);
}

TEST(SmtpSession, CongestionThrottles) {
  Dialogue dialogue(
      config_with(TlsMode::never),
      opening({"PIPELINING"}) + std::vector<Turn>{{group, "452 4.4.5 slower\r\n503 a\r\n503 a\r\n"}});
  EXPECT_TRUE(outcome_of<Transient>(deliver(dialogue)).throttled);
}

TEST(SmtpSession, ALargeMessageGoesInBlocksEachWithADeadline) {
  Session session(config_with(TlsMode::never));
  SteadyTime now{};
  session.resume(Start{}, now);
  session.resume(Received{"220 mx\r\n"}, now);
  session.resume(Written{}, now);
  session.resume(Received{"250-mx\r\n250 PIPELINING\r\n"}, now);
  const std::string message(200'000, 'x');
  session.resume(Begin{"a@b", "c@d", message}, now);
  session.resume(Written{}, now);
  Action action = session.resume(Received{accepted}, now);
  std::string sent;
  int blocks = 0;
  while (const auto* write = std::get_if<Write>(&action)) {
    EXPECT_EQ(write->deadline, now + std::chrono::minutes(3));
    sent += write->bytes;
    now += std::chrono::minutes(1);
    ++blocks;
    action = session.resume(Written{}, now);
  }
  EXPECT_EQ(sent, message + "\r\n.\r\n");
  EXPECT_EQ(blocks, 4);
  EXPECT_EQ(std::get<Read>(action).deadline, now + std::chrono::minutes(10));
}

TEST(SmtpSession, ASlowServerDoesNotMoveItsDeadline) {
  Session session(config_with(TlsMode::never));
  SteadyTime now{};
  const auto first = std::get<Read>(session.resume(Start{}, now)).deadline;
  for (const char* byte : {"2", "2", "0", "-", "a"}) {
    now += std::chrono::minutes(1);
    EXPECT_EQ(std::get<Read>(session.resume(Received{byte}, now)).deadline, first);
  }
}

TEST(SmtpSession, LimitsAreBoundedButForTheDot) {
  const Limits limits = Limits::bounded(std::chrono::seconds(1), std::chrono::seconds(9));
  EXPECT_EQ(limits.greeting, std::chrono::seconds(1));
  EXPECT_EQ(limits.block, std::chrono::seconds(1));
  EXPECT_EQ(limits.final_dot, std::chrono::seconds(9));
}

}  // namespace
}  // namespace vestnik::email::smtp
