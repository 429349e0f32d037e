// The provider in front of a simulated SMTP server: the real email::smtp::Session on simulated wires, with a
// pool as email::SmtpProvider's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delivery/provider.h"
#include "email/smtp/session.h"
#include "simulation/smtp_server.h"

namespace vestnik::simulation {

struct SmtpClientOptions {
  std::size_t connections = 2;
  Duration connect_limit = 5s;
  std::chrono::milliseconds answer_limit{8'000};
  std::chrono::milliseconds final_limit{15'000};
};

class SmtpClient final : public delivery::Provider {
 public:
  // All outlive it.
  SmtpClient(SmtpServer& server, PeerWatcher& watcher, ProcessPtr process, SmtpClientOptions options)
      : server_(server), watcher_(watcher), process_(std::move(process)), options_(options) {}
  ~SmtpClient() override;

  std::string_view name() const override { return server_.name(); }
  std::size_t capacity() const override;
  void send(delivery::Attempt attempt, delivery::AttemptDone done) override;
  void on_capacity(std::move_only_function<void()> call) override { on_capacity_ = std::move(call); }
  void on_receipt(std::move_only_function<void(Receipt, Task)>) override {}
  void stop(std::chrono::milliseconds limit, Task stopped) override;
  Health health() const override { return {.part = "smtp", .well = !backing_off_}; }

 private:
  struct Connection;
  using ConnectionPtr = std::shared_ptr<Connection>;
  struct Open {
    std::uint64_t life = 0;
    std::shared_ptr<const Notification> notification;
    delivery::AttemptDone done;
  };

  void connect(Open open);
  void begin(const ConnectionPtr& connection, Open open);
  void on_ended(const ConnectionPtr& connection, email::smtp::Action action);
  void finish(Open open, Outcome outcome);
  void failed();
  void forget(const ConnectionPtr& connection);
  void notify();
  void end_if_empty();

  SmtpServer& server_;
  PeerWatcher& watcher_;
  ProcessPtr process_;
  SmtpClientOptions options_;
  std::vector<ConnectionPtr> connections_;
  std::size_t busy_ = 0;
  int failures_ = 0;
  bool backing_off_ = false;
  bool stopping_ = false;
  mutable bool was_full_ = false;
  Task stopped_;
  std::unique_ptr<Timer> backoff_, stop_timer_;
  std::move_only_function<void()> on_capacity_;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
};

}  // namespace vestnik::simulation
