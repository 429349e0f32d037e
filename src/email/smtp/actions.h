// What passes between the SMTP machine and its driver.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "model/outcome.h"

namespace vestnik::email::smtp {

enum class Command {
  connect,
  greeting,
  ehlo,
  helo,
  starttls,
  handshake,
  auth,
  rset,
  mail,
  rcpt,
  data,
  message,
  quit
};
std::string_view to_string(Command command);  // "RCPT TO", "the end of the message" …

// Why a connection can't be used any more. It says nothing about the message that was on it: that is its
// Outcome.
enum class FailureKind {
  unreachable,     // no such host, refused
  refused,         // a negative greeting, or an answer to EHLO and HELO
  unavailable,     // 421 (RFC 5321 section 3.8)
  tls,             // not offered though required, handshake, certificate
  authentication,  // refused, or no mechanism in common
  timeout,
  closed,
  protocol,   // what came was no reply, or one that nobody asked for
  cancelled,  // by us
};

struct ConnectionFailure {
  FailureKind kind = FailureKind::closed;
  Command in_flight = Command::connect;
  std::chrono::milliseconds took{};  // since the command was handed over
  // For people and logs: reply codes, but none of the server's text, which may quote addresses.
  std::string message;

  std::string text() const;  // message, command and time in one line
};

// Events: what the driver tells.
struct Start {};
struct Written {};
struct Received {
  std::string_view bytes;  // copied
};
struct TlsStarted {};
enum class IoError { timeout, closed, tls, cancelled, other };
struct Failed {
  IoError error = IoError::other;
  std::size_t bytes_written =
      0;  // of the Write that failed: how many bytes the transport may have handed to the peer
  std::string_view detail;  // the transport's own words ("certificate verify failed"), none of the peer's
};
// Only after Ready: the next message. The views are needed only during the call.
struct Begin {
  std::string_view sender;  // empty: the null reverse-path
  std::string_view recipient;
  std::string_view message;  // whole RFC 5322 message, any line ends
};
struct Quit {};  // only after Ready
using Event = std::variant<Start, Written, Received, TlsStarted, Failed, Begin, Quit>;

// Actions: what the driver does next. Every wait ends by its deadline at the latest; then Failed{timeout}
// follows.
struct Write {
  std::string_view bytes;  // valid until the next resume()
  SteadyTime deadline;
};
struct Read {
  SteadyTime deadline;
};
struct StartTls {
  SteadyTime deadline;
};
// Nothing to do: the driver may come with Begin or Quit when it likes.
struct Ready {
  std::optional<Outcome> outcome;  // of the transaction that has ended; unset after opening
};
// The end: close the transport.
struct Close {
  std::optional<Outcome> outcome;  // of the transaction that was open, if one was
  // The server dropped the connection before it answered anything in this transaction, as servers do with
  // connections they find idle too long: on a reused connection this says nothing about the message, which
  // may go on another.
  bool untouched = false;
  std::optional<ConnectionFailure> failure;  // unset after Quit
};
using Action = std::variant<Write, Read, StartTls, Ready, Close>;

}  // namespace vestnik::email::smtp
