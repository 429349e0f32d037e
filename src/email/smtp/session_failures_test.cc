// Every step of good sessions fails in turn, in every way; every answer is cut at every byte.
#include "email/smtp/session_dialogue.h"

namespace vestnik::email::smtp {
namespace {

struct Case {
  std::string name;
  SessionConfig config;
  std::vector<Turn> script;
};

std::vector<Case> good_sessions() {
  const std::string mail = "MAIL FROM:<from@example.org>\r\n";
  const std::string rcpt = "RCPT TO:<to@example.org>\r\n";
  const Turn taken{wire, "250 2.0.0 queued\r\n"};
  return {
      {"pipelined", config_with(TlsMode::never),
       opening({"PIPELINING"}) + std::vector<Turn>{{group, "250 a\r\n250 b\r\n354 c\r\n"}, taken}},
      {"one by one", config_with(TlsMode::never),
       opening({"HELP"}) +
           std::vector<Turn>{
               {mail, "250 a\r\n"}, {rcpt, "250-b\r\n250 b\r\n"}, {"DATA\r\n", "354 c\r\n"}, taken}},
      {"STARTTLS and PLAIN", config_with(TlsMode::required, Credentials{"u", "p"}),
       opening({"STARTTLS"}) +
           std::vector<Turn>{{"STARTTLS\r\n", "220 go\r\n"},
                             tls_turn,
                             {"EHLO me.example.org\r\n", ehlo_answer({"PIPELINING", "AUTH PLAIN"})},
                             {"AUTH PLAIN AHUAcA==\r\n", "235 ok\r\n"},
                             {group, "250 a\r\n250 b\r\n354 c\r\n"},
                             taken}},
      {"smtps and LOGIN", config_with(TlsMode::implicit, Credentials{"u", "p"}),
       std::vector{tls_turn} + opening({"AUTH LOGIN", "PIPELINING"}) +
           std::vector<Turn>{{"AUTH LOGIN\r\n", "334 a\r\n"},
                             {"dQ==\r\n", "334 b\r\n"},
                             {"cA==\r\n", "235 ok\r\n"},
                             {group, "250 a\r\n250 b\r\n354 c\r\n"},
                             taken}},
      {"HELO",
       config_with(TlsMode::opportunistic),
       {{"", "220 old\r\n"},
        {"EHLO me.example.org\r\n", "502 no\r\n"},
        {"HELO me.example.org\r\n", "250 old\r\n"},
        {mail, "250 a\r\n"},
        {rcpt, "250 b\r\n"},
        {"DATA\r\n", "354 c\r\n"},
        taken}},
  };
}

// Opens and sends one message; what ended it.
Action play(Dialogue& dialogue, std::size_t* opening_steps = nullptr) {
  const Action opened = dialogue.open();
  if (opening_steps) *opening_steps = dialogue.steps();
  return is_ready(opened) ? dialogue.send() : opened;
}

TEST(SmtpSessionFailures, EveryStepInEveryWay) {
  for (const Case& c : good_sessions()) {
    SCOPED_TRACE(c.name);
    Dialogue good(c.config, c.script);
    std::size_t opening_steps = 0;
    outcome_of<Sent>(play(good, &opening_steps));
    ASSERT_GT(good.dot_step(), opening_steps);
    for (std::size_t step = 1; step <= good.steps(); ++step)
      for (const IoError error :
           {IoError::timeout, IoError::closed, IoError::tls, IoError::cancelled, IoError::other}) {
        SCOPED_TRACE("step " + std::to_string(step));
        Dialogue bad(c.config, c.script, Fault{.step = step, .error = error});
        const Action action = play(bad);
        const auto failure = failure_of(action);
        EXPECT_FALSE(failure.message.empty());
        EXPECT_GT(failure.took.count(), 0);
        if (error == IoError::timeout) {
          EXPECT_EQ(failure.kind, FailureKind::timeout);
        }
        if (error == IoError::cancelled) {
          EXPECT_EQ(failure.kind, FailureKind::cancelled);
        }
        const auto& close = std::get<Close>(action);
        if (step <= opening_steps)
          EXPECT_FALSE(close.outcome.has_value());
        else if (step <= good.dot_step())
          outcome_of<Transient>(action);
        else
          outcome_of<InDoubt>(action);
      }
  }
}

TEST(SmtpSessionFailures, TheDotsLastByteIsTheBorder) {
  for (const Case& c : good_sessions()) {
    SCOPED_TRACE(c.name);
    Dialogue good(c.config, c.script);
    play(good);
    for (std::size_t written = 0; written <= wire.size(); ++written) {
      Dialogue bad(c.config, c.script, Fault{.step = good.dot_step(), .bytes_written = written});
      const Action action = play(bad);
      if (written < wire.size())
        outcome_of<Transient>(action);
      else
        outcome_of<InDoubt>(action);
    }
  }
}

TEST(SmtpSessionFailures, AnswersCutAtEveryByte) {
  for (const Case& c : good_sessions())
    for (std::size_t chunk = 1; chunk <= 60; ++chunk) {
      SCOPED_TRACE(c.name + " in chunks of " + std::to_string(chunk));
      Dialogue dialogue(c.config, c.script, {}, chunk);
      outcome_of<Sent>(play(dialogue));
      EXPECT_TRUE(dialogue.finished());
    }
}

// The server's n-th answer is replaced: by 421, by a 4xx, a 5xx, and by what is no reply.
TEST(SmtpSessionFailures, EveryAnswerReplaced) {
  for (const Case& c : good_sessions())
    for (std::size_t turn = 0; turn < c.script.size(); ++turn) {
      if (c.script[turn].server.empty()) continue;
      for (const std::string answer :
           {"421 4.3.2 going down\r\n", "450 no\r\n", "550 no\r\n", "???\r\n", "399 odd\r\n"}) {
        SCOPED_TRACE(c.name + ", turn " + std::to_string(turn) + ": " + answer);
        auto script = c.script;
        script[turn].server = answer;
        script.resize(turn + 1);
        Dialogue dialogue(c.config, script);
        const Action action = play(dialogue);
        const bool is_message = turn + 1 == c.script.size();
        if (answer.starts_with("421")) {
          EXPECT_EQ(failure_of(action).kind, FailureKind::unavailable);
        }
        if (const auto* close = std::get_if<Close>(&action); close && !close->outcome) continue;
        if (is_message && (answer.starts_with("?") || answer.starts_with("399")))
          outcome_of<InDoubt>(action);
        else if (answer.starts_with("550"))
          outcome_of<Permanent>(action);
        else
          outcome_of<Transient>(action);
      }
    }
}

}  // namespace
}  // namespace vestnik::email::smtp
