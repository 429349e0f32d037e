// The delivery ledger: for every notification a channel has taken responsibility for, the state it is in.
//
//   planned ─▶ pending(due_at) ─▶ sending(attempt n) ─▶ sent ─▶ delivered | bounced
//                  ▲                    │ transient
//                  └──── due later ◀────┤ permanent, expired, suppressed, attempts used up ─▶ dead …
//                                       └ may have been accepted, no answer seen ─▶ in_doubt
//
// All operations take batches and are durable when `done` runs. A row belongs to the partition of
// `notification-events` it came from; the member of the consumer group that has the partition drives it.
// `epoch` is that member's assignment (log::Consumer::on_assigned): nothing begins or ends a pending row with
// an epoch older than the row's, so a member that wakes after its partitions have moved can't start a send.
// The outcome of an attempt that has begun counts whoever has the partition now (docs/adr/0004).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/notification.h"
#include "model/outcome.h"
#include "model/step.h"
#include "store/result.h"

namespace vestnik::store {

enum class DeliveryState { pending, sending, sent, delivered, bounced, in_doubt, dead, expired, suppressed };
inline constexpr int delivery_state_count = 9;
std::string_view to_string(DeliveryState state);
std::optional<DeliveryState> parse_delivery_state(std::string_view text);
// Nothing of ours will move it any more (a receipt still may: sent → delivered | bounced).
bool is_final(DeliveryState state);

struct Owner {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
};

struct Delivery {
  // Once it is sent, expired or suppressed, `to`, `subject`, `text` and `html` are no longer kept: they are
  // empty.
  Notification notification;
  DeliveryState state = DeliveryState::pending;
  Owner owner;
  int attempt = 0;  // attempts begun
  Timestamp due_at{};
  std::string provider;  // of the last attempt
  std::string progress;  // model/outcome.h, Transient::progress
  std::string answer;    // of the last attempt
  Timestamp updated_at{};
};

struct Admission {
  Notification notification;
  Owner owner;
};

// An attempt begins: `step` is its `sending` (attempt 1 = the first); the row must be pending with attempt
// - 1.
struct AttemptStart {
  Owner owner;
  Step step;
};

// The result of an attempt, or of not making one (expired, suppressed, dead before the first). `step` tells
// it: the row must be at step.attempt, pending or sending.
struct Transition {
  Owner owner;
  Step step;  // provider, answer, time; due_at when `to` is pending: when the next attempt is due
  DeliveryState to = DeliveryState::sent;
  bool attempt_burned = true;            // to == pending: false gives the attempt back (throttled)
  std::vector<std::string> message_ids;  // to == sent: receipts refer to these, with step.provider
  std::string progress;                  // to == pending: model/outcome.h, Transient::progress
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  // Takes responsibility: inserts each as pending, due at send_at or `now`. True: new here; false: known
  // already (and left as it is).
  virtual void admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) = 0;

  // pending → sending. False: the row is not as told (other state, attempt or a newer epoch): do not send.
  virtual void begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<bool>> done) = 0;

  // What came of it. False: the row is not as told; nothing changed. Receipts that came before their submit
  // was recorded are applied here; their steps are returned.
  struct Recorded {
    std::vector<bool> applied;
    std::vector<Step> receipt_steps;
  };
  virtual void record(std::vector<Transition> batch, Done<Recorded> done) = 0;

  // A receipt for a known message id moves sent → delivered (once every part is) or bounced (once one part
  // is); forward only, counted once. One for an unknown id is kept for 7 days in case its submit is recorded
  // later. The steps are those of the deliveries that moved.
  virtual void apply_receipts(std::vector<Receipt> batch, Done<std::vector<Step>> done) = 0;

  // Claims the partitions for these owners (sets the epoch of their unfinished rows). A partition that was
  // claimed with a newer epoch stays as it is.
  struct Claimed {
    std::vector<Delivery> open;  // rows in `sending`: attempts whose outcome nobody recorded
    std::vector<Owner> newer;    // what was not claimed, with the epoch that is in force
  };
  virtual void claim(Channel channel, std::vector<Owner> owners, Done<Claimed> done) = 0;

  // Pending rows of these partitions due at or before `due_before`, oldest due first (then in the order
  // admitted).
  virtual void due(Channel channel, std::vector<std::int32_t> partitions, Timestamp due_before,
                   std::size_t limit, Done<std::vector<Delivery>> done) = 0;
  // When the next pending row of these partitions is due; none: nothing is pending.
  virtual void next_due(Channel channel, std::vector<std::int32_t> partitions,
                        Done<std::optional<Timestamp>> done) = 0;

  // The outbox: every step given to begin_attempts and record, and every step that a receipt makes, is kept
  // in the same transaction until `told` says that it is durable in `analytics-events`. After a crash
  // `untold` gives those that may not have got there, oldest first; telling one twice is harmless
  // (Step::id()). Nobody waits for `told`.
  virtual void told(std::vector<std::string> step_ids) = 0;
  virtual void untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
                      Done<std::vector<Step>> done) = 0;

  virtual void find(const NotificationId& id, Done<std::optional<Delivery>> done) = 0;
};

}  // namespace vestnik::store
