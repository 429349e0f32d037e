// The spans of attempts: `deliver email`, from asking the ledger to the recorded outcome, and in it `send
// smtp`, what the provider does.
#pragma once

#include <memory>
#include <string>

#include "delivery/held.h"
#include "delivery/provider.h"
#include "model/outcome.h"
#include "model/step.h"
#include "trace/span.h"

namespace vestnik::delivery {

class AttemptTrace {
 public:
  // `in_messages`: a message says what trace it belongs to (Attempt::traceparent).
  AttemptTrace(trace::Tracer tracer, Channel channel, bool in_messages)
      : tracer_(tracer), deliver_("deliver " + std::string(to_string(channel))), in_messages_(in_messages) {}

  // The attempt's number and provider are set. One that is held no more without recorded() is not told.
  void begin(Held& held) const;
  // What is to go into the attempt that the provider is given.
  void sending(const Held& held, Attempt& attempt) const;
  void answered(const Held& held, const Outcome& outcome) const;
  void recorded(const Held& held, const Step& step) const;
  // Of its steps.
  static std::string traceparent(const Held& held);

 private:
  trace::Tracer tracer_;
  std::string deliver_;
  bool in_messages_;
};

}  // namespace vestnik::delivery
