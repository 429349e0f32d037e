// The way of one attempt: begin (durable `sending`) ─▶ send ─▶ outcome ─▶ record (durable) ─▶ tell.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/batcher.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "delivery/attempt_metrics.h"
#include "delivery/attempt_trace.h"
#include "delivery/backoff.h"
#include "delivery/lanes.h"
#include "delivery/step_teller.h"
#include "store/ledger.h"

namespace vestnik::delivery {

struct RetryPolicy {
  int attempts_max = 8;  // where the notification doesn't say
  Backoff backoff;
};

// Lives on one Scheduler.
class Attempts {
 public:
  // What the engine is asked and told; each outlives the attempts.
  struct Calls {
    // Whether the delivery's partition is still ours: one that is not is given back rather than sent.
    std::function<bool(const store::Owner& owner)> may_send;
    // There may be more room than before.
    std::function<void()> more_room;
    // A limit is used up: the attempt did not begin, and may be tried again from `until` on.
    std::function<void(Held held, const store::LimitUse& use, Timestamp until)> limited;
    // Refused under an epoch that is no longer the partition's: it may be ours all the same, under a newer
    // one. `begun`: by us under the old epoch, or by an owner in between.
    std::function<void(Held held, bool begun)> again;
    // One was refused because it had been read before it changed: what the ledger says of it now was perhaps
    // read meanwhile, and not taken.
    std::function<void()> moved_on;
    // What was new (Held::is_new) is in the ledger now, its first attempt begun.
    std::function<void(const Held& held)> admitted;
    // It did not begin: it is known already, as `row` says, or, without one, a newer epoch is in force.
    // `held` is as it was before begin().
    std::function<void(Held held, std::optional<store::Delivery> row)> not_new;
    // What is left of a delivery once its attempt is recorded: `retry` holds it again, with a new due time,
    // when another attempt is to follow.
    std::function<void(const Held& held, std::optional<Held> retry)> finished;
  };

  Attempts(store::Ledger& ledger, Lanes& lanes, StepTeller& teller, Scheduler& scheduler, Random& random,
           Metrics& metrics, Channel channel, RetryPolicy policy, AttemptTrace trace, Calls calls);

  // A new one counts against no limit (limit_uses).
  void begin(Held held, Lane& lane);
  // Ends a delivery without an attempt, its time being over.
  void expire(Held held);
  // An attempt that some process began and nobody knows the end of.
  void recover(Held held);
  // Has it wait in the ledger until `due_at`; no attempt is made.
  void put_off(Held held, Timestamp due_at, std::string why);

  void provider_has_capacity(Lane& lane) { send_started(lane); }
  void receipt_came(Receipt receipt, Task recorded) {
    receipts_.add({std::move(receipt), std::make_shared<Task>(std::move(recorded))});
  }

  // What has begun, is not with its provider yet, and may not be sent any more, or waits for one that is down
  // while another is up, becomes pending in the ledger again.
  void give_back_what_may_not_be_sent();

  // Attempts that are not recorded yet, of these partitions.
  std::size_t open(const std::function<bool(std::int32_t partition)>& of_partition) const;
  bool idle() const;

 private:
  struct Ending {
    store::Transition transition;
    Held held;
    std::optional<Held> retry;
  };
  struct ArrivedReceipt {
    Receipt receipt;
    std::shared_ptr<Task> recorded;
  };
  enum class Burn { attempt, nothing, given_back };  // given_back: the attempt had begun

  void call_begin(const std::vector<Held>& batch, std::move_only_function<void(bool)> ended);
  void call_begin_new(const std::vector<Held>& batch, std::move_only_function<void(bool)> ended);
  void begun_new(Held held, SteadyTime asked_at);
  void begun(const Held& held, const store::Beginning& beginning, SteadyTime asked_at, bool was_unclear);
  bool may_send(const Held& held) const;
  void settle_unclear(const Held& held, bool was_unclear);
  void settled(const Held& held, std::optional<store::Delivery> row, SteadyTime asked_at, bool was_unclear);
  void send_started(Lane& lane);
  void send_all_started();
  void watch_started();
  void send(Held held, Lane& lane);
  void give_back(Held held);

  void conclude(Held held, Outcome outcome);
  void conclude_transient(Held held, Transient transient);
  void conclude_in_doubt(Held held, InDoubt in_doubt);
  void note_in_breaker(Lane& lane, const Outcome& outcome);
  void retry_later(Held held, std::string answer, StepKind kind, Timestamp due_at, Burn burn);
  void end(Held held, store::DeliveryState state, StepKind kind, std::string answer);
  void call_record(const std::vector<Ending>& batch, std::move_only_function<void(bool)> ended);
  void call_receipts(const std::vector<ArrivedReceipt>& batch, std::move_only_function<void(bool)> ended);
  Step step_of(const Held& held, StepKind kind, std::string answer) const;
  bool has_attempts_left(const Held& held) const;
  void forget(const Held& held, std::optional<Held> retry);
  void refused(Held held);
  void leave(const Held& held);  // counts it as open no more

  store::Ledger& ledger_;
  Lanes& lanes_;
  StepTeller& teller_;
  Scheduler& scheduler_;
  Random& random_;
  Channel channel_;
  RetryPolicy policy_;
  Calls calls_;
  AttemptMetrics metrics_;
  AttemptTrace trace_;

  std::unordered_map<std::int32_t, std::size_t> open_by_partition_;
  // While the ledger can't be written nothing more is sent: what is with a provider is all that can be in
  // doubt after a crash. A batch whose begin failed may be in the ledger all the same.
  bool begin_failing_ = false, begin_new_failing_ = false;
  bool record_failing_ = false;
  std::unique_ptr<Timer> started_timer_;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  Batcher<Held> begin_, begin_new_;
  Batcher<Ending> record_;
  Batcher<ArrivedReceipt> receipts_;
};

}  // namespace vestnik::delivery
