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
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/notification.h"
#include "store/ledger.h"

namespace vestnik::delivery {

// One notification on its way, as the engine holds it.
struct Held {
  std::shared_ptr<const Notification> notification;
  store::Owner owner;
  int attempt = 0;  // attempts begun
  Timestamp due_at{};
  std::string progress;
};

// Bounded by its user (Engine), who checks size(). Not thread-safe.
class Schedule {
 public:
  // False: it is held, waiting or open already.
  bool add(Held held);

  // Takes what is due, oldest first, at most `count`; the user of each is busy until finished().
  std::vector<Held> take(Timestamp now, std::size_t count);

  // The attempt of a taken one has ended; its user's next may go. It is forgotten; add() it again to retry.
  void finished(const Held& held);

  // Forgets what is held (not what is taken) for these partitions.
  void drop(const std::function<bool(std::int32_t partition)>& of_partition);

  bool contains(const NotificationId& id) const { return known_.contains(id); }
  std::size_t size() const { return known_.size(); }
  // When the first of those not waiting for their user is due.
  std::optional<Timestamp> next_due() const;

 private:
  struct Key {
    Timestamp due_at;
    std::uint64_t sequence;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    Key key;
    Held held;
  };
  struct ByKey {
    bool operator()(const Entry& a, const Entry& b) const { return a.key < b.key; }
  };

  std::uint64_t sequence_ = 0;
  std::set<Entry, ByKey> due_;
  // User → those of theirs that are due and wait for the open attempt, oldest first.
  std::unordered_map<UserId, std::deque<Entry>> busy_;
  std::unordered_set<NotificationId> known_;  // held, waiting or taken
};

}  // namespace vestnik::delivery
