// The provider in front of a simulated SMSC: the real sms::smpp::Session on simulated wires, parts and links
// as sms::SmppProvider and sms::SmppLink have them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "delivery/provider.h"
#include "simulation/smpp_server.h"
#include "sms/attempt_parts.h"
#include "sms/smpp/session.h"

namespace vestnik::simulation {

struct SmppClientOptions {
  std::size_t links = 1;
  std::size_t window = 6;
};

class SmppClient final : public delivery::Provider {
 public:
  // All outlive it.
  SmppClient(SmppServer& server, PeerWatcher& watcher, ProcessPtr process, SmppClientOptions options);
  ~SmppClient() override;

  std::string_view name() const override { return server_.name(); }
  std::size_t capacity() const override;
  void send(delivery::Attempt attempt, delivery::AttemptDone done) override;
  void on_capacity(std::move_only_function<void()> call) override { on_capacity_ = std::move(call); }
  void on_receipt(std::move_only_function<void(Receipt, Task)> call) override;
  void stop(std::chrono::milliseconds limit, Task stopped) override;
  Health health() const override;

  // How many parts a notification's text makes: as many as it says with "parts:".
  static std::size_t parts_of(const Notification& notification);

 private:
  struct Link;
  using LinkPtr = std::shared_ptr<Link>;
  struct Open {
    std::uint64_t life = 0;
    sms::AttemptParts parts;
    delivery::AttemptDone done;
  };

  void answered(sms::smpp::SubmitToken token, Outcome outcome);
  void finish(std::uint64_t attempt);
  void changed();
  void link_ended();

  SmppServer& server_;
  PeerWatcher& watcher_;
  ProcessPtr process_;
  SmppClientOptions options_;
  std::vector<LinkPtr> links_;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t next_attempt_ = 1;
  bool stopping_ = false;
  mutable bool seen_empty_ = true;
  Task stopped_;
  std::unique_ptr<Timer> stop_timer_;
  std::move_only_function<void()> on_capacity_;
  std::move_only_function<void(Receipt, Task)> on_receipt_;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
};

}  // namespace vestnik::simulation
