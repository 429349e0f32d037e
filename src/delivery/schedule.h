// The deliveries held in memory, ordered by when they are due, one open attempt per user at a time: so that
// first attempts for one user go out in the order accepted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "delivery/held.h"

namespace vestnik::delivery {

// Bounded by its user (Engine), who checks size() and bytes(). Not thread-safe.
class Schedule {
 public:
  // False: it is held, waiting or open already. One that was here before keeps its place (Held::order) among
  // those due at the same moment.
  bool add(Held held);

  // Takes what is due, oldest first, at most `count`; the user of each is busy until finished().
  std::vector<Held> take(Timestamp now, std::size_t count);

  // One whose attempt has begun elsewhere: known and its user busy, as if it had been taken.
  void taken_over(Held& held);

  // The attempt of a taken one has ended; its user's next may go. It is forgotten; add() it again to retry.
  void finished(const Held& held);

  // Forgets what is held (not what is taken) for these partitions.
  void drop(const std::function<bool(std::int32_t partition)>& of_partition);

  // Forgets what is due after `time`, those that wait for their user left out.
  void forget_after(Timestamp time);

  // The wall clock was set: what is due after a pause stays due after that pause.
  void clock_was_set(std::chrono::microseconds by);

  bool contains(const NotificationId& id) const { return known_.contains(id); }
  bool is_busy(const UserId& user) const { return busy_.contains(user); }
  std::size_t size() const { return known_.size(); }
  // About what they take in memory.
  std::size_t bytes() const { return bytes_; }
  // When the first of those not waiting for their user is due.
  std::optional<Timestamp> next_due() const;

 private:
  struct ByDue {
    bool operator()(const Held& a, const Held& b) const {
      return std::tie(a.due_at, a.order) < std::tie(b.due_at, b.order);
    }
  };

  bool know(const Held& held);  // false: it is known already
  void forget(const Held& held);

  std::uint64_t orders_ = 0;
  std::set<Held, ByDue> due_;
  // A user with an open attempt (with several, if earlier owners left them), and those of theirs that are due
  // and wait for it, oldest first.
  struct Busy {
    std::size_t open = 1;
    std::deque<Held> waiting;
  };
  std::unordered_map<UserId, Busy> busy_;
  std::unordered_map<NotificationId, std::size_t> known_;  // held, waiting or taken; what each takes
  std::size_t bytes_ = 0;
};

}  // namespace vestnik::delivery
