// One connection to the SMTP server: smtp::Session driven over a net::Stream.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/clock.h"
#include "email/smtp/session.h"
#include "net/stream.h"

namespace vestnik::email {

struct SmtpTarget {
  smtp::Url url;
  smtp::SessionConfig session;
  std::shared_ptr<boost::asio::ssl::context> tls;
};

// All of it on the stream's executor. One operation at a time; each returns Ready or Close, after Close none
// follows.
class SmtpConnection {
 public:
  // `target` must outlive it. `tls`: the target's mode, or `never` after an opportunistic attempt has failed.
  SmtpConnection(boost::asio::any_io_executor executor, const SmtpTarget& target, smtp::TlsMode tls,
                 const Clock& clock);

  // Connects and brings the session to where it takes messages.
  net::Awaitable<smtp::Action> open();
  net::Awaitable<smtp::Action> send(std::string sender, std::string recipient, std::string message);
  net::Awaitable<smtp::Action> quit();

  // The server has not closed it, nor said anything, since the last answer.
  bool quiet() const { return stream_.quiet(); }
  // Ends what is under way; the session decides what that means for its message.
  void cancel() { stream_.cancel(); }

  SteadyTime idle_since{};  // the pool's

 private:
  net::Awaitable<smtp::Action> drive(smtp::Action action);
  net::Awaitable<smtp::Action> perform(smtp::Write write);
  net::Awaitable<smtp::Action> perform(smtp::Read read);
  net::Awaitable<smtp::Action> perform(smtp::StartTls start);
  smtp::Action failed(const net::StreamError& error, std::size_t bytes_written);

  const SmtpTarget& target_;
  const Clock& clock_;
  smtp::Session session_;
  net::Stream stream_;
  std::array<char, 4096> buffer_;
};

}  // namespace vestnik::email
