#include "email/smtp_connection.h"

#include <utility>

namespace vestnik::email {
namespace {

using net::StreamErrorKind;

smtp::IoError io_error(StreamErrorKind kind) {
  switch (kind) {
    case StreamErrorKind::timeout: return smtp::IoError::timeout;
    case StreamErrorKind::closed: return smtp::IoError::closed;
    case StreamErrorKind::tls: return smtp::IoError::tls;
    case StreamErrorKind::cancelled: return smtp::IoError::cancelled;
    case StreamErrorKind::resolve:
    case StreamErrorKind::connect:
    case StreamErrorKind::io: return smtp::IoError::other;
  }
  return smtp::IoError::other;
}

// The other kinds say all in their name.
std::string_view detail_of(const net::StreamError& error) {
  const bool telling = error.kind == StreamErrorKind::tls || error.kind == StreamErrorKind::io;
  return telling ? std::string_view(error.message) : std::string_view();
}

smtp::ConnectionFailure connect_failure(const net::StreamError& error, SteadyTime begun, SteadyTime now) {
  smtp::ConnectionFailure failure{.kind = smtp::FailureKind::unreachable,
                                  .in_flight = smtp::Command::connect};
  if (error.kind == StreamErrorKind::timeout) failure.kind = smtp::FailureKind::timeout;
  if (error.kind == StreamErrorKind::cancelled) failure.kind = smtp::FailureKind::cancelled;
  failure.took = std::chrono::duration_cast<std::chrono::milliseconds>(now - begun);
  failure.message = "the server can't be reached: " + error.message;
  return failure;
}

smtp::SessionConfig with_tls(smtp::SessionConfig config, smtp::TlsMode tls) {
  config.tls = tls;
  return config;
}

}  // namespace

SmtpConnection::SmtpConnection(boost::asio::any_io_executor executor, const SmtpTarget& target,
                               smtp::TlsMode tls, const Clock& clock)
    : target_(target), clock_(clock), session_(with_tls(target.session, tls)), stream_(std::move(executor)) {}

net::Awaitable<smtp::Action> SmtpConnection::open() {
  const SteadyTime begun = clock_.steady_now();
  const auto connected =
      co_await stream_.connect(target_.url.host, target_.url.port, begun + target_.url.connect_timeout);
  if (!connected)
    co_return smtp::Close{.failure = connect_failure(connected.error(), begun, clock_.steady_now())};
  co_return co_await drive(session_.resume(smtp::Start{}, clock_.steady_now()));
}

net::Awaitable<smtp::Action> SmtpConnection::send(std::string sender, std::string recipient,
                                                  std::string message) {
  co_return co_await drive(session_.resume(smtp::Begin{sender, recipient, message}, clock_.steady_now()));
}

net::Awaitable<smtp::Action> SmtpConnection::quit() {
  co_return co_await drive(session_.resume(smtp::Quit{}, clock_.steady_now()));
}

net::Awaitable<smtp::Action> SmtpConnection::drive(smtp::Action action) {
  while (true) {
    if (const auto* write = std::get_if<smtp::Write>(&action)) {
      action = co_await perform(*write);
    } else if (const auto* read = std::get_if<smtp::Read>(&action)) {
      action = co_await perform(*read);
    } else if (const auto* start = std::get_if<smtp::StartTls>(&action)) {
      action = co_await perform(*start);
    } else {
      if (std::holds_alternative<smtp::Close>(action)) stream_.close();
      co_return action;
    }
  }
}

net::Awaitable<smtp::Action> SmtpConnection::perform(smtp::Write write) {
  const std::uint64_t before = stream_.bytes_written();
  const auto done = co_await stream_.write(write.bytes, write.deadline);
  if (!done) co_return failed(done.error(), stream_.bytes_written() - before);
  co_return session_.resume(smtp::Written{}, clock_.steady_now());
}

net::Awaitable<smtp::Action> SmtpConnection::perform(smtp::Read read) {
  const auto count = co_await stream_.read_some(buffer_, read.deadline);
  if (!count) co_return failed(count.error(), 0);
  co_return session_.resume(smtp::Received{std::string_view(buffer_.data(), *count)}, clock_.steady_now());
}

net::Awaitable<smtp::Action> SmtpConnection::perform(smtp::StartTls start) {
  const auto done = co_await stream_.start_tls(target_.tls, target_.url.host, start.deadline);
  if (!done) co_return failed(done.error(), 0);
  co_return session_.resume(smtp::TlsStarted{}, clock_.steady_now());
}

smtp::Action SmtpConnection::failed(const net::StreamError& error, std::size_t bytes_written) {
  return session_.resume(smtp::Failed{io_error(error.kind), bytes_written, detail_of(error)},
                         clock_.steady_now());
}

}  // namespace vestnik::email
