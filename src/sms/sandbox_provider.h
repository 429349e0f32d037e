// Where no SMPP_URL is set: the parts as they would go out are kept in the store, and marked as kept.
#pragma once

#include <memory>
#include <vector>

#include "base/executor.h"
#include "delivery/provider.h"
#include "sms/text/segment.h"
#include "store/sandbox.h"

namespace vestnik::sms {

class SmsSandbox final : public delivery::Provider {
 public:
  // Both must outlive this. `attempts_max`: open at a time; beyond it capacity() is 0.
  SmsSandbox(Scheduler& scheduler, store::Sandbox& sandbox, std::size_t attempts_max = 4096);

  std::string_view name() const override { return "sandbox"; }
  bool is_sandbox() const override { return true; }
  std::size_t capacity() const override;
  // All attempts of one turn are kept in one batch. Sent once they are durable, Transient if the store didn't
  // take them.
  void send(delivery::Attempt attempt, delivery::AttemptDone done) override;
  void on_capacity(std::move_only_function<void()> call) override { on_capacity_ = std::move(call); }
  void on_receipt(std::move_only_function<void(Receipt, Task)>) override {}
  // At `limit` open attempts are Transient: keeping one twice keeps it once.
  void stop(std::chrono::milliseconds limit, Task stopped) override;
  Health health() const override {
    return {.part = "sms sandbox", .well = true, .detail = "messages are kept, not sent"};
  }

 private:
  struct Batch {
    std::vector<store::SandboxMessage> messages;
    std::vector<delivery::AttemptDone> done;
  };

  void flush();
  void finish(std::shared_ptr<Batch> batch, Outcome outcome);
  void finish_stop();

  Scheduler& scheduler_;
  store::Sandbox& sandbox_;
  std::size_t attempts_max_;
  std::size_t open_ = 0;
  std::shared_ptr<Batch> collecting_;               // this turn's; a flush is posted while it is there
  std::vector<std::shared_ptr<Batch>> being_kept_;  // given to the store
  std::move_only_function<void()> on_capacity_;
  std::unique_ptr<Timer> stop_timer_;
  Task stopped_;
  bool stopping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace vestnik::sms
