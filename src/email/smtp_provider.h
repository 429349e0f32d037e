// Sends e-mail over a pool of SMTP connections.
//
// Connections are opened when attempts need them, up to the URL's `connections`, used for many messages, and
// closed with QUIT once idle for `idle_timeout`. While no connection can be opened, new ones are put off with
// exponential backoff and full jitter: capacity() counts only those that are open then, and afterwards one
// attempt at a time tries, until a connection comes about. So a server that is away costs one attempt of one
// message per try, whatever waits.
#pragma once

#include <memory>
#include <string>

#include "base/ids.h"
#include "delivery/provider.h"
#include "email/mailbox.h"
#include "email/smtp/url.h"

namespace vestnik::net {
class EventLoop;
}

namespace vestnik::email {

class SmtpProvider final : public delivery::Provider {
 public:
  // Opens nothing yet. `loop` is the engine's executor; it and `random` must outlive the provider.
  // Throws std::runtime_error when the URL's ca_file can't be read.
  SmtpProvider(net::EventLoop& loop, smtp::Url url, Mailbox from, Random& random = system_random(),
               std::string name = "smtp");
  // After stop() has called back.
  ~SmtpProvider() override;

  std::string_view name() const override;
  std::size_t capacity() const override;
  void send(delivery::Attempt attempt, delivery::AttemptDone done) override;
  void on_capacity(std::move_only_function<void()> call) override;
  void on_receipt(std::move_only_function<void(Receipt, Task)> call) override;
  void stop(std::chrono::milliseconds limit, Task stopped) override;
  Health health() const override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // also held by every operation that is under way
};

}  // namespace vestnik::email
