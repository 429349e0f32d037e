// Keeps e-mail in the store instead of sending it: what runs while SMTP_URL is not set.
#pragma once

#include <memory>

#include "delivery/provider.h"
#include "email/mailbox.h"
#include "store/sandbox.h"

namespace vestnik::email {

class EmailSandbox final : public delivery::Provider {
 public:
  // Open at the same time, and so the most that one batch can hold.
  static constexpr std::size_t attempts_max = 1000;

  // `executor` and `store` must outlive it.
  EmailSandbox(Scheduler& executor, store::Sandbox& store, Mailbox from);
  ~EmailSandbox() override;

  std::string_view name() const override { return "sandbox"; }
  bool is_sandbox() const override { return true; }
  std::size_t capacity() const override;
  // The attempts of one turn of the executor go to the store in one batch. Sent: it is durable there.
  void send(delivery::Attempt attempt, delivery::AttemptDone done) override;
  void on_capacity(std::move_only_function<void()> call) override;
  void on_receipt(std::move_only_function<void(Receipt, Task)> call) override;
  void stop(std::chrono::milliseconds limit, Task stopped) override;
  Health health() const override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // what is under way in the store holds it weakly
};

}  // namespace vestnik::email
