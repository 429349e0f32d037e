// Against Postfix's smtp-sink: much mail over eight connections, and a server that knows only HELO.
#include <unistd.h>

#include "email/smtp_peer.h"

namespace vestnik::email {
namespace {

using namespace std::chrono_literals;

class SmtpSink {
 public:
  explicit SmtpSink(std::vector<std::string> options) : port_(free_port()) {
    std::vector<std::string> arguments{"/usr/sbin/smtp-sink"};
    // As root it wants somebody else to be.
    if (::geteuid() == 0) arguments.insert(arguments.end(), {"-u", "nobody"});
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {"127.0.0.1:" + std::to_string(port_), "128"});
    child_ = std::make_unique<Child>(std::move(arguments));
    wait_for_port(port_);
  }
  std::string url(const std::string& options = {}) const {
    return "smtp://127.0.0.1:" + std::to_string(port_) + "?" + options;
  }

 private:
  int port_;
  std::unique_ptr<Child> child_;
};

TEST(SmtpSink, TwoThousandMessagesOverEightConnections) {
  SmtpSink sink({});
  Sending sending(sink.url("connections=8"));
  constexpr int messages = 2000;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < messages; ++i) sending.send("user@example.org");
  for (int i = 0; i < messages; ++i) expect_outcome<Sent>(sending.outcome(i, 60s));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  RecordProperty("messages_per_second", static_cast<int>(messages / took.count()));
  EXPECT_EQ(sending.health().detail, "open connections: 8");
}

TEST(SmtpSink, AServerThatKnowsOnlyHelo) {
  SmtpSink sink({"-e"});
  Sending sending(sink.url());
  for (int i = 0; i < 20; ++i) sending.send("user@example.org");
  for (int i = 0; i < 20; ++i) expect_outcome<Sent>(sending.outcome(i));
}

TEST(SmtpSink, AServerThatHangsUpBeforeTheMessageHasTakenNone) {
  SmtpSink sink({"-q", "rcpt"});
  Sending sending(sink.url("connections=2"));
  for (int i = 0; i < 10; ++i) sending.send("user@example.org");
  for (int i = 0; i < 10; ++i) expect_outcome<Transient>(sending.outcome(i));
}

}  // namespace
}  // namespace vestnik::email
