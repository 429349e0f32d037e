// One message through an open SMTP session: MAIL, RCPT and DATA in one write, the message, its answer.
#include <array>

#include "email/mime.h"
#include "email/smtp/session.h"
#include "parts/part.h"
#include "parts/samples.h"

namespace vestnik::bench {
namespace {

using namespace email::smtp;

struct Envelope {
  std::string to;
  std::string message;
};

Envelope envelope(std::size_t number) {
  const auto from = email::parse_mailbox("Vestnik <no-reply@example.org>");
  const Notification n = planned_email(number);
  return {n.to, email::render_message(n, *from).value()};
}

// The session and the server at the other end, which says yes to everything.
class Conversation {
 public:
  Conversation() : session_({.helo = "vestnik.example.org", .tls = TlsMode::never}) {
    Action action = session_.resume(Start{}, now_);
    constexpr std::array<std::string_view, 2> opening{
        "220 mx.example.org ESMTP\r\n",
        "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"};
    for (const std::string_view reply : opening) action = answer(std::move(action), reply);
    require(std::holds_alternative<Ready>(action), "the session is open");
  }

  void send(const Envelope& envelope) {
    Action action = session_.resume(Begin{"no-reply@example.org", envelope.to, envelope.message}, now_);
    constexpr std::array<std::string_view, 2> replies{
        "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n",
        "250 2.0.0 Ok: queued as 4XJ2k31Tz7z9sT\r\n"};
    for (const std::string_view reply : replies) action = answer(std::move(action), reply);
    const auto* ready = std::get_if<Ready>(&action);
    require(ready && ready->outcome && std::holds_alternative<Sent>(*ready->outcome), "the message is sent");
  }

 private:
  // Takes what the session writes until it reads, then gives it `reply`.
  Action answer(Action action, std::string_view reply) {
    now_ += std::chrono::microseconds(100);
    while (const auto* write = std::get_if<Write>(&action)) {
      keep(write->bytes);
      action = session_.resume(Written{}, now_);
    }
    require(std::holds_alternative<Read>(action), "the session reads what the server says");
    return session_.resume(Received{reply}, now_);
  }

  Session session_;
  SteadyTime now_{};
};

}  // namespace

Work smtp_transaction() {
  return [conversation = Conversation(), envelopes = InTurn(samples(envelope))]() mutable {
    conversation.send(envelopes.next());
  };
}

}  // namespace vestnik::bench
