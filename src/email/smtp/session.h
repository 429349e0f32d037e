// The client's side of SMTP (RFC 5321) as a machine without sockets: resume() takes what happened and returns
// what to do.
//
//   1. Start       read the greeting (smtps: TLS first)
//   2. EHLO        HELO where it is refused
//   3. STARTTLS    as configured; what came in the clear after its answer is dropped, what EHLO said is
//   forgotten, EHLO again
//   4. AUTH        PLAIN, else LOGIN
//   5. Ready       the driver brings a message (Begin) or ends (Quit)
//   6. [RSET] MAIL RCPT DATA, in one write where PIPELINING is offered
//   7. the message; its answer is the outcome → 5
//
// 421 ends the session wherever it comes. A transaction that ends without an answer is Transient as long as
// the last byte of the final dot's line has not been handed over, InDoubt from then on.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "email/smtp/actions.h"
#include "email/smtp/address.h"
#include "email/smtp/capabilities.h"
#include "email/smtp/message_data.h"
#include "email/smtp/reply.h"
#include "email/smtp/url.h"

namespace vestnik::email::smtp {

// Longest waits for an answer; the defaults are RFC 5321 section 4.5.3.2's where it has one.
struct Limits {
  std::chrono::milliseconds greeting{300'000};
  std::chrono::milliseconds command{300'000};  // EHLO, STARTTLS, AUTH, RSET, MAIL, RCPT
  std::chrono::milliseconds handshake{60'000};
  std::chrono::milliseconds data{120'000};
  std::chrono::milliseconds block{180'000};  // for a block of the message to be taken, 64 KiB at most
  std::chrono::milliseconds final_dot{600'000};
  std::chrono::milliseconds quit{5'000};  // nothing hangs on its answer

  // All but the final dot's bounded by `timeout`.
  static Limits bounded(std::chrono::milliseconds timeout, std::chrono::milliseconds final_timeout);
};

struct SessionConfig {
  std::string helo;  // a domain or an address literal
  TlsMode tls = TlsMode::opportunistic;
  std::optional<Credentials> credentials;
  Limits limits;
};

class Session {
 public:
  explicit Session(SessionConfig config) : config_(std::move(config)) {}

  // The first event is Start, the next one answers the action before it; after Close there is none.
  Action resume(const Event& event, SteadyTime now);

  const Capabilities& capabilities() const { return capabilities_; }
  bool is_tls() const { return tls_; }

 private:
  enum class Phase { opening, ready, transaction, quitting, closed };

  Action on_written();
  Action on_received(std::string_view bytes);
  Action on_tls_started();
  Action on_failed(const Failed& failed);
  Action on_reply(Command command, const Reply& reply);

  Action after_greeting(const Reply& reply);
  Action after_ehlo(const Reply& reply);
  Action after_helo(const Reply& reply);
  Action secure_or_authenticate();
  Action after_starttls(const Reply& reply);
  Action authenticate();
  Action after_auth(const Reply& reply);

  Action begin(const Begin& message);
  Action next_command();
  Action after_transaction_reply(Command command, const Reply& reply);
  Action after_data_reply(const Reply& reply);
  Action after_message_reply(const Reply& reply);
  Action write_block();
  Action ready(std::optional<Outcome> outcome = {});
  void judge(Command command, const Reply& reply);

  Action send(Command command, std::string line);
  Action write(std::string_view bytes, std::chrono::milliseconds limit);
  Action await(Command command);
  Action read_on();
  Action close(FailureKind kind, std::string message);
  std::optional<Outcome> outcome_of_failure(const std::string& text) const;
  std::chrono::milliseconds limit_of(Command command) const;
  std::chrono::milliseconds took() const;
  Command in_flight() const { return awaiting_.empty() ? Command::connect : awaiting_.front(); }

  // The transaction that is open.
  struct Transaction {
    MessageData data;
    std::deque<Command> unsent;
    std::string mail_line;
    std::string rcpt_line;
    std::optional<Outcome> verdict;  // the first negative answer decides
    bool answered = false;           // something but RSET and with something but 421
    bool rcpt_accepted = false;
    std::size_t written = 0;   // octets of data.wire handed over
    bool handed_over = false;  // all of them
    bool abandoned = false;    // only the dot is sent: nobody was accepted as recipient
  };

  SessionConfig config_;
  Capabilities capabilities_;
  Phase phase_ = Phase::opening;
  SteadyTime now_{};
  SteadyTime since_{};     // when the command in flight was handed over
  SteadyTime deadline_{};  // of the reply that is awaited
  std::deque<Command> awaiting_;
  std::string out_;
  std::size_t block_ = 0;  // octets of the Write that is under way
  std::string input_;
  ReplyParser parser_;
  bool tls_ = false;
  bool authenticated_ = false;
  int login_step_ = 0;  // AUTH LOGIN: lines sent after the first
  bool reset_needed_ = false;
  Transaction transaction_;
};

}  // namespace vestnik::email::smtp
