#include "email/smtp/session.h"

#include <algorithm>
#include <cassert>
#include <openssl/evp.h>
#include <vector>

namespace vestnik::email::smtp {
namespace {

std::string base64(std::string_view bytes) {
  std::vector<unsigned char> out(4 * ((bytes.size() + 2) / 3) + 1);
  const int length = EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  return std::string(out.begin(), out.begin() + length);
}

FailureKind failure_kind(IoError error) {
  switch (error) {
    case IoError::timeout: return FailureKind::timeout;
    case IoError::tls: return FailureKind::tls;
    case IoError::cancelled: return FailureKind::cancelled;
    case IoError::closed:
    case IoError::other: return FailureKind::closed;
  }
  return FailureKind::closed;
}

std::string failure_message(const Failed& failed) {
  std::string message;
  switch (failed.error) {
    case IoError::timeout: message = "no answer in time"; break;
    case IoError::tls: message = "TLS failed (host and ca_file of SMTP_URL must fit the certificate)"; break;
    case IoError::cancelled: message = "stopped"; break;
    case IoError::closed: message = "the server closed the connection"; break;
    case IoError::other: message = "the connection failed"; break;
  }
  if (!failed.detail.empty()) message.append(": ").append(failed.detail);
  return message;
}

}  // namespace

std::string_view to_string(Command command) {
  switch (command) {
    case Command::connect: return "connect";
    case Command::greeting: return "greeting";
    case Command::ehlo: return "EHLO";
    case Command::helo: return "HELO";
    case Command::starttls: return "STARTTLS";
    case Command::handshake: return "TLS handshake";
    case Command::auth: return "AUTH";
    case Command::rset: return "RSET";
    case Command::mail: return "MAIL FROM";
    case Command::rcpt: return "RCPT TO";
    case Command::data: return "DATA";
    case Command::message: return "end of the message";
    case Command::quit: return "QUIT";
  }
  return "";
}

std::string ConnectionFailure::text() const {
  return message + " (" + std::string(to_string(in_flight)) + ", " + std::to_string(took.count()) + " ms)";
}

Limits Limits::bounded(std::chrono::milliseconds timeout, std::chrono::milliseconds final_timeout) {
  Limits limits;
  for (auto* limit :
       {&limits.greeting, &limits.command, &limits.handshake, &limits.data, &limits.block, &limits.quit})
    *limit = std::min(*limit, timeout);
  limits.final_dot = final_timeout;
  return limits;
}

Action Session::resume(const Event& event, SteadyTime now) {
  assert(phase_ != Phase::closed);
  now_ = now;
  return std::visit(Overloaded{
                        [&](const Start&) -> Action {
                          if (config_.tls != TlsMode::implicit) return await(Command::greeting);
                          awaiting_ = {Command::handshake};
                          since_ = now_;
                          return StartTls{now_ + config_.limits.handshake};
                        },
                        [&](const Written&) -> Action { return on_written(); },
                        [&](const Received& received) -> Action { return on_received(received.bytes); },
                        [&](const TlsStarted&) -> Action { return on_tls_started(); },
                        [&](const Failed& failed) -> Action { return on_failed(failed); },
                        [&](const Begin& message) -> Action { return begin(message); },
                        [&](const Quit&) -> Action {
                          assert(phase_ == Phase::ready);
                          phase_ = Phase::quitting;
                          return send(Command::quit, "QUIT\r\n");
                        },
                    },
                    event);
}

Action Session::send(Command command, std::string line) {
  awaiting_ = {command};
  out_ = std::move(line);
  since_ = now_;
  return write(out_, limit_of(command));
}

// Whatever has come by now belongs to no command: taking it for the answer to the next one would make every
// later answer that of the command before it.
Action Session::write(std::string_view bytes, std::chrono::milliseconds limit) {
  if (!input_.empty() || parser_.in_reply())
    return close(FailureKind::protocol, "the server sent an answer that nothing had asked for");
  block_ = bytes.size();
  return Write{bytes, now_ + limit};
}

Action Session::await(Command command) {
  awaiting_ = {command};
  since_ = now_;
  return read_on();
}

// A deadline is for the whole reply: a server that sends a byte a minute doesn't put it off.
Action Session::read_on() {
  deadline_ = now_ + limit_of(awaiting_.front());
  return Read{deadline_};
}

Action Session::on_written() {
  if (phase_ == Phase::transaction && in_flight() == Command::message && !transaction_.abandoned) {
    transaction_.written += block_;
    if (transaction_.written < transaction_.data.wire.size()) return write_block();
    transaction_.handed_over = true;
    since_ = now_;
  }
  return read_on();
}

Action Session::on_received(std::string_view bytes) {
  input_ += bytes;
  while (true) {
    std::string_view rest = input_;
    auto reply = parser_.consume(rest);
    input_.erase(0, input_.size() - rest.size());
    if (!reply) return close(FailureKind::protocol, reply.error().message);
    if (!*reply) return Read{deadline_};
    const Command command = awaiting_.front();
    const Action action = on_reply(command, **reply);
    // Of several pipelined commands one is answered: the next answer may be here already.
    if (std::holds_alternative<Read>(action) && !input_.empty()) continue;
    return action;
  }
}

Action Session::on_tls_started() {
  tls_ = true;
  capabilities_ = {};
  if (config_.tls == TlsMode::implicit) return await(Command::greeting);
  return send(Command::ehlo, "EHLO " + config_.helo + "\r\n");
}

Action Session::on_failed(const Failed& failed) {
  if (phase_ == Phase::transaction && in_flight() == Command::message && !transaction_.abandoned) {
    transaction_.written += failed.bytes_written;
    transaction_.handed_over = transaction_.written >= transaction_.data.wire.size();
  }
  return close(failure_kind(failed.error), failure_message(failed));
}

Action Session::on_reply(Command command, const Reply& reply) {
  if (phase_ == Phase::quitting) return close(FailureKind::closed, "");
  if (reply.code == 421) {
    if (phase_ == Phase::transaction) judge(command, reply);
    return close(FailureKind::unavailable, "the server ended the session with " + reply.code_text());
  }
  switch (command) {
    case Command::greeting: return after_greeting(reply);
    case Command::ehlo: return after_ehlo(reply);
    case Command::helo: return after_helo(reply);
    case Command::starttls: return after_starttls(reply);
    case Command::auth: return after_auth(reply);
    case Command::rset:
    case Command::mail:
    case Command::rcpt: return after_transaction_reply(command, reply);
    case Command::data: return after_data_reply(reply);
    case Command::message: return after_message_reply(reply);
    case Command::connect:
    case Command::handshake:
    case Command::quit: break;
  }
  return close(FailureKind::protocol, "the server sent an answer that nothing had asked for");
}

Action Session::after_greeting(const Reply& reply) {
  if (!reply.positive())
    return close(FailureKind::refused, "the server refused the session with " + reply.code_text());
  return send(Command::ehlo, "EHLO " + config_.helo + "\r\n");
}

Action Session::after_ehlo(const Reply& reply) {
  // RFC 5321 section 3.2: a server that does not know EHLO says so with 5xx.
  if (reply.permanent()) return send(Command::helo, "HELO " + config_.helo + "\r\n");
  if (!reply.positive()) return close(FailureKind::refused, "EHLO was refused with " + reply.code_text());
  capabilities_ = parse_capabilities(reply);
  return secure_or_authenticate();
}

Action Session::after_helo(const Reply& reply) {
  if (!reply.positive()) return close(FailureKind::refused, "HELO was refused with " + reply.code_text());
  capabilities_ = {};
  return secure_or_authenticate();
}

Action Session::secure_or_authenticate() {
  if (tls_ || config_.tls == TlsMode::never) return authenticate();
  if (capabilities_.starttls) return send(Command::starttls, "STARTTLS\r\n");
  if (config_.tls == TlsMode::required)
    return close(FailureKind::tls,
                 "the server does not offer STARTTLS and tls=required; write tls=never to send in the clear");
  return authenticate();
}

Action Session::after_starttls(const Reply& reply) {
  if (!reply.positive()) {
    if (config_.tls == TlsMode::required)
      return close(FailureKind::tls, "STARTTLS was refused with " + reply.code_text());
    return authenticate();
  }
  // RFC 3207 section 4.2. What came with the answer was in the clear: somebody on the way may have put it
  // there.
  input_.clear();
  parser_ = {};
  awaiting_ = {Command::handshake};
  since_ = now_;
  return StartTls{now_ + config_.limits.handshake};
}

Action Session::authenticate() {
  if (!config_.credentials || authenticated_) return ready();
  login_step_ = 0;
  if (capabilities_.auth_plain) {
    const Credentials& credentials = *config_.credentials;
    const std::string response =
        std::string(1, '\0') + credentials.user + std::string(1, '\0') + credentials.password;
    return send(Command::auth, "AUTH PLAIN " + base64(response) + "\r\n");
  }
  if (capabilities_.auth_login) return send(Command::auth, "AUTH LOGIN\r\n");
  return close(FailureKind::authentication,
               "SMTP_URL has a user, but the server offers neither AUTH PLAIN nor AUTH LOGIN");
}

Action Session::after_auth(const Reply& reply) {
  if (reply.positive()) {
    authenticated_ = true;
    return ready();
  }
  // AUTH LOGIN asks for the user, then for the password; the prompts' texts differ between servers.
  if (reply.code == 334 && !capabilities_.auth_plain && login_step_ < 2) {
    const Credentials& credentials = *config_.credentials;
    return send(Command::auth, base64(login_step_++ == 0 ? credentials.user : credentials.password) + "\r\n");
  }
  return close(FailureKind::authentication,
               "the server refused user and password of SMTP_URL with " + reply.code_text());
}

Action Session::close(FailureKind kind, std::string message) {
  ConnectionFailure failure{kind, in_flight(), took(), std::move(message)};
  Close action;
  if (phase_ == Phase::transaction) {
    action.outcome = outcome_of_failure(failure.text());
    const bool dropped =
        kind == FailureKind::closed || kind == FailureKind::unavailable || kind == FailureKind::protocol;
    action.untouched = dropped && !transaction_.answered;
  }
  if (phase_ != Phase::quitting) action.failure = std::move(failure);
  phase_ = Phase::closed;
  return action;
}

std::chrono::milliseconds Session::limit_of(Command command) const {
  switch (command) {
    case Command::greeting: return config_.limits.greeting;
    case Command::handshake: return config_.limits.handshake;
    case Command::data: return config_.limits.data;
    case Command::message: return config_.limits.final_dot;
    case Command::quit: return config_.limits.quit;
    case Command::connect:
    case Command::ehlo:
    case Command::helo:
    case Command::starttls:
    case Command::auth:
    case Command::rset:
    case Command::mail:
    case Command::rcpt: break;
  }
  return config_.limits.command;
}

std::chrono::milliseconds Session::took() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - since_);
}

}  // namespace vestnik::email::smtp
