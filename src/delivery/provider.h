// What the delivery engine sees of a channel: something that takes messages, a bounded number at a time.
// Implemented by email/ (SMTP), sms/ (SMPP) and the sandbox of each.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/health.h"
#include "model/notification.h"
#include "model/outcome.h"
#include "trace/span.h"

namespace vestnik::delivery {

struct Attempt {
  std::shared_ptr<const Notification> notification;
  int number = 1;
  std::string progress;  // what Transient::progress said last time, else empty
  // What the message itself is to carry, where its protocol has a place for it; empty: nothing.
  std::string traceparent;
  // What the provider does for it; none: it is not traced. The engine ends it.
  std::shared_ptr<trace::Span> span;
};

// Called once per attempt on the provider's executor.
using AttemptDone = std::move_only_function<void(Outcome)>;

// Lives on the engine's executor: all calls to it and from it happen there.
class Provider {
 public:
  virtual ~Provider() = default;

  virtual std::string_view name() const = 0;  // "smtp", "smpp", "sandbox"; [a-z0-9-]
  // Kept, not sent: shown everywhere as not a real delivery.
  virtual bool is_sandbox() const { return false; }

  // Attempts that may begin now. The engine never has more attempts open than this allows. It is 0 while the
  // provider is unreachable or asked to slow down; `on_capacity` is called whenever it grows from 0.
  virtual std::size_t capacity() const = 0;

  // Begins an attempt; only while capacity() > 0. Every attempt ends with exactly one outcome, by a deadline
  // of its own.
  virtual void send(Attempt attempt, AttemptDone done) = 0;

  // Set once by the engine before anything else.
  virtual void on_capacity(std::move_only_function<void()> call) = 0;
  // The receipt, and what to call (on this executor) once the ledger has it: only then may the peer be told
  // that it arrived. Not called while the ledger can't be written: the peer then sends it again, or never
  // forgets it.
  virtual void on_receipt(std::move_only_function<void(Receipt, Task recorded)> call) = 0;

  // Finishes open attempts (by their deadlines, `limit` at the latest: then what had its last byte written is
  // InDoubt, the rest Transient), closes connections, calls `stopped`. No send() afterwards.
  virtual void stop(std::chrono::milliseconds limit, Task stopped) = 0;

  virtual Health health() const = 0;
};

}  // namespace vestnik::delivery
