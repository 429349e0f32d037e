// The way of one attempt: begin (durable `sending`) ─▶ send ─▶ outcome ─▶ record (durable) ─▶ tell.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/batcher.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "delivery/backoff.h"
#include "delivery/provider.h"
#include "delivery/schedule.h"
#include "delivery/step_teller.h"
#include "store/ledger.h"

namespace vestnik::delivery {

struct RetryPolicy {
  int attempts_max = 8;
  Backoff backoff;
};

// Lives on one Scheduler.
class Attempts {
 public:
  // What is left of a delivery once its attempt is recorded: `retry` holds it again, with a new due time,
  // when another attempt is to follow.
  using Finished = std::function<void(const Held& held, std::optional<Held> retry)>;
  // Whether the delivery's partition is still ours: one that is not is given back rather than sent.
  using MaySend = std::function<bool(const store::Owner& owner)>;
  // room() has grown.
  using MoreRoom = std::function<void()>;

  Attempts(store::Ledger& ledger, Provider& provider, StepTeller& teller, Scheduler& scheduler,
           Random& random, Metrics& metrics, Channel channel, RetryPolicy policy, MaySend may_send,
           MoreRoom more_room, Finished finished);

  // How many more may begin: enough to keep the provider busy and one round ahead of it, no more.
  std::size_t room() const;

  void begin(Held held);
  // Ends a delivery without an attempt, its time being over.
  void expire(Held held);
  // An attempt that some process began and nobody knows the end of.
  void recover(Held held);

  void provider_has_capacity() { send_started(); }
  void receipt_came(Receipt receipt, Task recorded) {
    receipts_.add({std::move(receipt), std::make_shared<Task>(std::move(recorded))});
  }

  // What has begun, is not with the provider yet, and may not be sent any more becomes pending in the ledger
  // again.
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

  void call_begin(const std::vector<Held>& batch, std::move_only_function<void(bool)> ended);
  void begun(const Held& held, bool applied, bool was_unclear);
  void settle_unclear(const Held& held);
  void send_started();
  void send(Held held);
  void give_back(Held held);
  void conclude(Held held, Outcome outcome);
  void retry_later(Ending ending, std::string answer, StepKind kind, Timestamp due_at, bool burned);
  void end(Held held, store::DeliveryState state, StepKind kind, std::string answer);
  void call_record(const std::vector<Ending>& batch, std::move_only_function<void(bool)> ended);
  void call_receipts(const std::vector<ArrivedReceipt>& batch, std::move_only_function<void(bool)> ended);
  Step step_of(const Held& held, StepKind kind, std::string answer) const;
  void forget(const Held& held, std::optional<Held> retry);

  store::Ledger& ledger_;
  Provider& provider_;
  StepTeller& teller_;
  Scheduler& scheduler_;
  Random& random_;
  Channel channel_;
  RetryPolicy policy_;
  MaySend may_send_;
  MoreRoom more_room_;
  Finished finished_;
  prometheus::Counter *sent_, *deferred_, *dead_, *in_doubt_, *expired_;

  std::deque<Held> started_;  // `sending` is durable, not yet with the provider
  std::size_t with_provider_ = 0;
  std::unordered_map<std::int32_t, std::size_t> open_by_partition_;
  bool begin_unclear_ = false;  // the batch being begun failed once: it may be in the ledger all the same
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  Batcher<Held> begin_;
  Batcher<Ending> record_;
  Batcher<ArrivedReceipt> receipts_;
};

}  // namespace vestnik::delivery
