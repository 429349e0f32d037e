// The provider against a real server (aiosmtpd) that misbehaves on demand.
#include "email/smtp_provider.h"

#include <boost/asio/ip/tcp.hpp>
#include <set>

#include "email/mime.h"
#include "email/smtp_peer.h"

namespace vestnik::email {
namespace {

using namespace std::chrono_literals;

std::string text(const json::value& value) { return std::string(value.as_string()); }

// Draws the shortest pause.
class NoPause final : public Random {
 public:
  std::uint64_t next() override { return 0; }
};

std::string decode_base64(std::string_view in) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : in) {
    const auto value =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xFF);
  }
  return out;
}

TEST(SmtpProvider, AMessageArrivesAsItWasRendered) {
  SmtpPeer peer;
  Sending sending(peer.url("helo=vestnik.test"));
  const int number = sending.send("ivan@почта.рф");
  EXPECT_EQ(expect_outcome<Sent>(sending.outcome(number)).answer, "250 2.0.0 Ok: taken");
  const auto messages = peer.messages();
  ASSERT_EQ(messages.size(), 1U);
  const json::object& message = messages[0];
  EXPECT_EQ(text(message.at("mail_from")), "no-reply@localhost");
  EXPECT_EQ(text(message.at("rcpt_to").as_array().at(0)), "ivan@xn--80a1acny.xn--p1ai");
  EXPECT_EQ(text(message.at("helo")), "vestnik.test");
  EXPECT_FALSE(message.at("tls").as_bool());
  EXPECT_FALSE(message.at("smtputf8").as_bool());
  EXPECT_EQ(decode_base64(text(message.at("data"))),
            *render_message(*test_notification(number, "ivan@почта.рф"), test_sender));
}

TEST(SmtpProvider, ManyMessagesShareTheConnectionsAndEachArrivesOnce) {
  SmtpPeer peer;
  Sending sending(peer.url("connections=4"));
  for (int i = 0; i < 200; ++i) sending.send("user" + std::to_string(i) + "@example.org");
  for (int i = 0; i < 200; ++i) expect_outcome<Sent>(sending.outcome(i));
  std::set<std::string> recipients;
  for (const auto& message : peer.messages()) recipients.insert(text(message.at("rcpt_to").as_array().at(0)));
  EXPECT_EQ(recipients.size(), 200U);
  EXPECT_EQ(peer.messages().size(), 200U);
  EXPECT_EQ(sending.health().detail, "open connections: 4");
  EXPECT_EQ(sending.capacity(), 4U);
}

TEST(SmtpProvider, OneConnectionKeepsTheOrder) {
  SmtpPeer peer({"--no-pipelining"});
  Sending sending(peer.url("connections=1"));
  for (int i = 0; i < 20; ++i) sending.send("user" + std::to_string(i) + "@example.org");
  for (int i = 0; i < 20; ++i) expect_outcome<Sent>(sending.outcome(i));
  const auto messages = peer.messages();
  ASSERT_EQ(messages.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(text(messages[i].at("rcpt_to").as_array().at(0)), "user" + std::to_string(i) + "@example.org");
}

TEST(SmtpProvider, RefusalsConcernOnlyTheirMessage) {
  SmtpPeer peer(
      {"--on", "rcpt", "unknown@*", "550 5.1.1 unknown", "--on", "rcpt",    "grey@*", "1*451 4.7.1 later",
       "--on", "data", "data@*",    "451 4.3.0 not now", "--on", "message", "spam@*", "554 5.7.1 spam",
       "--on", "mail", "nobody",    "550 never"});
  Sending sending(peer.url("connections=1"));
  const int unknown = sending.send("unknown@example.org");
  const int grey = sending.send("grey@example.org");
  const int data = sending.send("data@example.org");
  const int spam = sending.send("spam@example.org");
  const int injected = sending.send("a@b\r\nRCPT TO:<x@y>");
  const int good = sending.send("good@example.org");
  EXPECT_TRUE(
      expect_outcome<Permanent>(sending.outcome(unknown)).answer.starts_with("550 5.1.1 unknown (RCPT TO, "));
  expect_outcome<Transient>(sending.outcome(grey));
  expect_outcome<Transient>(sending.outcome(data));
  EXPECT_TRUE(expect_outcome<Permanent>(sending.outcome(spam))
                  .answer.starts_with("554 5.7.1 spam (end of the message, "));
  expect_outcome<Permanent>(sending.outcome(injected));
  expect_outcome<Sent>(sending.outcome(good));
  EXPECT_EQ(sending.health().detail, "open connections: 1");
  EXPECT_TRUE(sending.health().well);
}

TEST(SmtpProvider, AnAddressBeyondAsciiNeedsTheServersSmtputf8) {
  SmtpPeer able;
  Sending through(able.url());
  expect_outcome<Sent>(through.outcome(through.send("иван@почта.рф")));
  const json::object message = able.messages().at(0);
  EXPECT_TRUE(message.at("smtputf8").as_bool());
  EXPECT_EQ(text(message.at("rcpt_to").as_array().at(0)), "иван@почта.рф");
  SmtpPeer unable({"--no-smtputf8"});
  Sending refused(unable.url());
  expect_outcome<Permanent>(refused.outcome(refused.send("иван@почта.рф")));
}

TEST(SmtpProvider, NoAnswerToTheMessageIsInDoubt) {
  SmtpPeer peer({"--on", "message", "close@*", "close", "--on", "message", "hang@*", "hang"});
  Sending sending(peer.url("final_timeout=300ms"));
  const int closed = sending.send("close@example.org");
  const int hung = sending.send("hang@example.org");
  expect_outcome<InDoubt>(sending.outcome(closed));
  EXPECT_TRUE(expect_outcome<InDoubt>(sending.outcome(hung))
                  .answer.starts_with("no answer in time (end of the message, "));
  const int good = sending.send("good@example.org");
  expect_outcome<Sent>(sending.outcome(good));
  EXPECT_EQ(peer.messages().size(), 3U);
}

TEST(SmtpProvider, NoAnswerBeforeTheMessageIsTransientAndDelaysNobody) {
  SmtpPeer peer({"--on", "rcpt", "hang@*", "hang", "--on", "data", "close@*", "close"});
  Sending sending(peer.url("timeout=1s&connections=2"));
  const int hung = sending.send("hang@example.org");
  for (int i = 0; i < 20; ++i) sending.send("good@example.org");
  for (int i = 0; i < 20; ++i) expect_outcome<Sent>(sending.outcome(hung + 1 + i));
  expect_outcome<Transient>(sending.outcome(hung));
  const int closed = sending.send("close@example.org");
  expect_outcome<Transient>(sending.outcome(closed));
  EXPECT_EQ(peer.messages().size(), 20U);
}

TEST(SmtpProvider, AServerThatIsAwayCostsOneAttemptPerTry) {
  const int port = free_port();
  NoPause no_pause;
  Sending sending("smtp://127.0.0.1:" + std::to_string(port), no_pause);
  const int first = sending.send("a@example.org");
  const auto answer = expect_outcome<Transient>(sending.outcome(first)).answer;
  EXPECT_TRUE(answer.starts_with("the server can't be reached")) << answer;
  EXPECT_FALSE(sending.health().well);
  SmtpPeer peer({"--port", std::to_string(port)});
  const int later = sending.send("b@example.org");
  expect_outcome<Sent>(sending.outcome(later));
  EXPECT_TRUE(sending.health().well);
  EXPECT_GE(sending.capacity_calls(), 1);
}

TEST(SmtpProvider, A421OnANewConnectionPutsOffTheNext) {
  SmtpPeer peer({"--on", "mail", "*", "1*421 4.3.2 busy"});
  Sending sending(peer.url());
  const auto refused = expect_outcome<Transient>(sending.outcome(sending.send("a@example.org")));
  EXPECT_TRUE(refused.answer.starts_with("421 4.3.2 busy (MAIL FROM, ")) << refused.answer;
  EXPECT_TRUE(refused.throttled);
  EXPECT_FALSE(sending.health().well);
  expect_outcome<Sent>(sending.outcome(sending.send("b@example.org")));
  EXPECT_GE(sending.capacity_calls(), 1);
  EXPECT_TRUE(sending.health().well);
}

TEST(SmtpProvider, AnUnknownHostIsTransient) {
  Sending sending("smtp://no-such-host.invalid:25");
  expect_outcome<Transient>(sending.outcome(sending.send("a@example.org")));
  EXPECT_FALSE(sending.health().well);
}

TEST(SmtpProvider, AConnectionTheServerHasClosedIsReplacedUnnoticed) {
  const int port = free_port();
  auto peer = std::make_unique<SmtpPeer>(std::vector<std::string>{"--port", std::to_string(port)});
  Sending sending("smtp://127.0.0.1:" + std::to_string(port));
  expect_outcome<Sent>(sending.outcome(sending.send("a@example.org")));
  peer.reset();
  peer = std::make_unique<SmtpPeer>(std::vector<std::string>{"--port", std::to_string(port)});
  expect_outcome<Sent>(sending.outcome(sending.send("b@example.org")));
  EXPECT_EQ(peer->messages().size(), 1U);
}

TEST(SmtpProvider, IdleConnectionsAreClosed) {
  SmtpPeer peer;
  Sending sending(peer.url("idle_timeout=20ms"));
  expect_outcome<Sent>(sending.outcome(sending.send("a@example.org")));
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (sending.health().detail != "open connections: 0" && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(sending.health().detail, "open connections: 0");
  expect_outcome<Sent>(sending.outcome(sending.send("b@example.org")));
}

TEST(SmtpProvider, StopWaitsForWhatIsOpen) {
  SmtpPeer peer({"--delay", "0.2"});
  Sending sending(peer.url());
  for (int i = 0; i < 4; ++i) sending.send("a@example.org");
  sending.stop(10s);
  for (int i = 0; i < 4; ++i) expect_outcome<Sent>(sending.outcome(i));
  EXPECT_EQ(sending.capacity(), 0U);
}

TEST(SmtpProvider, StopAtItsLimitTellsWhatMayHaveBeenTaken) {
  SmtpPeer peer({"--on", "rcpt", "early@*", "hang", "--on", "message", "late@*", "hang"});
  Sending sending(peer.url());
  const int early = sending.send("early@example.org");
  const int late = sending.send("late@example.org");
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (peer.messages().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  sending.stop(200ms);
  expect_outcome<Transient>(sending.outcome(early));
  expect_outcome<InDoubt>(sending.outcome(late));
}

}  // namespace
}  // namespace vestnik::email
