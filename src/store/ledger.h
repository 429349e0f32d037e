// The delivery ledger: for every notification a channel has taken responsibility for, the state it is in.
//
//   planned ─▶ pending(due_at) ─▶ sending(attempt n) ─▶ sent ─▶ delivered | bounced
//                  ▲                    │ transient
//                  └──── due later ◀────┤ permanent, expired, suppressed, attempts used up ─▶ dead …
//                                       └ may have been accepted, no answer seen ─▶ in_doubt
//
// A person may have dead and in_doubt tried again (pending), take them for sent, or discard them (amend).
//
// All operations take batches and are durable when `done` runs. A row belongs to the partition of
// `notification-events` it came from; the member of the consumer group that has the partition drives it.
// `epoch` is that member's assignment (log::Consumer::on_assigned): nothing begins or ends a pending row with
// an epoch older than the row's, so a member that wakes after its partitions have moved can't start a send.
// The outcome of an attempt that has begun counts whoever has the partition now (docs/adr/0004).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/limit.h"
#include "model/notification.h"
#include "model/outcome.h"
#include "model/record.h"
#include "model/step.h"
#include "store/result.h"

namespace vestnik::store {

enum class DeliveryState {
  pending,
  sending,
  sent,
  delivered,
  bounced,
  in_doubt,
  dead,
  expired,
  suppressed,
  discarded,
};
inline constexpr int delivery_state_count = 10;
std::string_view to_string(DeliveryState state);
std::optional<DeliveryState> parse_delivery_state(std::string_view text);
// Nothing of ours will move it any more (a receipt still may: sent → delivered | bounced).
bool is_final(DeliveryState state);

struct Owner {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
};

struct Delivery {
  // Once it is sent, expired, suppressed or discarded, `to`, `subject`, `text` and `html` are no longer kept:
  // they are empty.
  Notification notification;
  DeliveryState state = DeliveryState::pending;
  Owner owner;
  int attempt = 0;  // attempts begun
  Timestamp due_at{};
  std::string provider;  // of the last attempt
  std::string progress;  // model/outcome.h, Transient::progress
  std::string answer;    // of the last attempt
  Timestamp updated_at{};
  // Attempts begun before a person last had it tried again: only later ones count against attempts_max, and
  // its expiry counts no more. Unset: never.
  std::optional<int> retried_after;
};

struct Admission {
  Notification notification;
  Owner owner;
};

// One use of a limit. Uses under one key are counted together, whoever makes them: across restarts, and in
// PostgreSQL across processes. Counted by the wall clock in slices of a 64th of the window: a use counts
// until its whole slice is older than the window, so at most `max` fall in any window and up to a 64th of a
// window is given away. Uses that a clock set back has left in the future count as made now.
struct LimitUse {
  std::string key;  // holds no address; at most 200 bytes
  Limit limit;
};

// An attempt begins: `step` is its `sending` (attempt 1 = the first); the row must be pending with attempt
// - 1.
struct AttemptStart {
  Owner owner;
  Step step;
  std::vector<LimitUse> limits;
};

// A notification that nobody has admitted yet, and its first attempt: `step` is its `sending`.
struct NewAttempt {
  std::shared_ptr<const Notification> notification;
  Owner owner;
  Step step;
  // Of its record in the owner's partition: a ledger in the same file as the log needs no copy of the
  // content.
  std::optional<std::int64_t> offset;
};

struct Beginning {
  enum class Kind {
    begun,    // `sending` is durable, and counted against each of its limits
    refused,  // the row is not as told (other state, attempt, or a newer epoch): do not send
    limited,  // one of its limits is used up; nothing changed, nothing was counted
  };
  Kind kind = Kind::begun;
  // limited: which one (the one that has room last), and from when on it may have room. Of several starts of
  // one call that one limit holds back, each gets the time of a place of its own.
  std::size_t limit = 0;
  Timestamp until{};
  // begun, with limits: when it was counted. What is sent much later than that may meet others in one window.
  Timestamp counted_at{};
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

struct DeliveryFilter {
  std::optional<Channel> channel;
  std::vector<DeliveryState> states;  // empty: every state
  std::string provider;               // of the last attempt; empty: any
  std::string category;               // empty: any
  UserId user_id;                     // empty: any
  std::string answer_contains;        // empty: any; compared byte by byte
  std::optional<Timestamp> updated_from, updated_before;
};

struct DeliveryPage {
  std::vector<Delivery> deliveries;
  std::int64_t next = 0;  // for the page after this; 0: there is none
};

enum class Decision {
  retry,      // dead | in_doubt → pending, due at once, with all its attempts before it again
  mark_sent,  // in_doubt → sent: it is known to have arrived
  discard,    // dead | in_doubt → discarded
};

struct Amendment {
  NotificationId id;
  Decision decision = Decision::retry;
  std::string reason;  // a person's words, kept as the step's answer; at most answer_bytes_max
  Timestamp at{};
};

struct Amended {
  enum class Kind { done, unknown, refused };
  Kind kind = Kind::done;
  DeliveryState state = DeliveryState::pending;  // done: the new one; refused: the one it is in
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  // Takes responsibility: inserts each as pending, due at send_at or `now`. True: new here; false: known
  // already (and left as it is).
  virtual void admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) = 0;

  // pending → sending, in the order of the batch.
  virtual void begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<Beginning>> done) = 0;

  // Both of these in one, for what is due at once and counts against no limit: the row comes to be in
  // `sending` with attempt 1. False: nothing changed, since it is known already or a newer epoch is in force.
  // A ledger that doesn't begin what is new says false to all.
  virtual bool begins_new() const { return false; }
  virtual void begin_new(std::vector<NewAttempt> batch, Timestamp /*now*/, Done<std::vector<bool>> done) {
    done(std::vector<bool>(batch.size(), false));
  }

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

  // The outbox: every step given to begin_attempts and record, and every step that a receipt or an amendment
  // (retried, sent, discarded) makes, is kept in the same transaction until `told` says that it is durable in
  // `analytics-events`. After a crash `untold` gives those that may not have got there, oldest first; telling
  // one twice is harmless (Step::id()). Nobody waits for `told`.
  virtual void told(std::vector<std::string> step_ids) = 0;
  virtual void untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
                      Done<std::vector<Step>> done) = 0;

  // Appends steps to the log, and says when they are durable there. Called inside a transaction of the
  // ledger, on its thread. `ended(false)` inside the call: the log does not take them; later: their
  // transaction, which is the ledger's, was lost.
  using AppendSteps =
      std::function<void(std::vector<Record> steps, std::move_only_function<void(bool durable)> ended)>;
  // Where the log is in the same file, what is appended inside a transaction joins it: then the channel's
  // steps go straight to the log by `append`, and the outbox has only those that it did not take. False: this
  // ledger can't, all of them go to the outbox. An empty one ends it; when that returns, `append` is called
  // no more. Any thread.
  virtual bool append_steps_by(Channel /*channel*/, AppendSteps /*append*/) { return false; }

  virtual void find(const NotificationId& id, Done<std::optional<Delivery>> done) = 0;

  // Deliveries that `filter` lets through, newest admission first. `before`: the `next` of the page before, 0
  // = from the newest. A page may hold fewer than `limit`, even none, and still have a `next`: a call looks
  // at a bounded number of rows.
  virtual void list(DeliveryFilter filter, std::int64_t before, std::size_t limit,
                    Done<DeliveryPage> done) = 0;

  // What a person decides. One answer each, in order; a repeated call whose first try was written is
  // `refused` with the state it led to. Who has the partition doesn't matter.
  virtual void amend(std::vector<Amendment> batch, Done<std::vector<Amended>> done) = 0;
};

}  // namespace vestnik::store
