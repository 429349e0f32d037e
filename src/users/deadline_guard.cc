#include "users/deadline_guard.h"

#include <utility>
#include <vector>

namespace vestnik::users {

// Requests begin and end on the HTTP server's threads and the store's and log's, so the list has a mutex; a
// hop to one owner would cost a thread switch for each. The timer lives on the scheduler's executor alone and
// is off when nothing is watched.
struct DeadlineGuard::State : std::enable_shared_from_this<State> {
  State(Scheduler& s, std::chrono::milliseconds l) : scheduler(s), limit(l) {}

  void arm() {
    timer = scheduler.after(tick, [state = weak_from_this()] {
      if (auto self = state.lock()) self->look();
    });
  }

  void look() {
    const SteadyTime now = scheduler.clock().steady_now();
    std::vector<std::shared_ptr<Watched>> late;
    bool go_on;
    {
      std::lock_guard lock(mutex);
      for (Entry& entry : entries) {
        if (entry.due > now) break;
        if (auto watched = entry.watched.lock()) late.push_back(std::move(watched));
        entry.watched.reset();
      }
      go_on = ticking = !entries.empty();
    }
    for (const auto& watched : late) watched->expire();
    if (go_on) arm();
  }

  Scheduler& scheduler;
  const std::chrono::milliseconds limit;
  std::mutex mutex;
  std::list<Entry> entries;  // under mutex, by due time
  bool ticking = false;      // under mutex
  std::unique_ptr<Timer> timer;
};

DeadlineGuard::DeadlineGuard(Scheduler& scheduler, std::chrono::milliseconds limit)
    : state_(std::make_shared<State>(scheduler, limit)) {}

DeadlineGuard::~DeadlineGuard() = default;

DeadlineGuard::Ticket DeadlineGuard::watch(std::weak_ptr<Watched> watched) {
  State& s = *state_;
  const SteadyTime due = s.scheduler.clock().steady_now() + s.limit;
  Ticket ticket;
  bool was_ticking;
  {
    std::lock_guard lock(s.mutex);
    ticket = s.entries.insert(s.entries.end(), Entry{due, std::move(watched)});
    was_ticking = std::exchange(s.ticking, true);
  }
  if (!was_ticking)
    s.scheduler.post([state = std::weak_ptr(state_)] {
      if (auto self = state.lock()) self->arm();
    });
  return ticket;
}

void DeadlineGuard::unwatch(Ticket ticket) {
  std::lock_guard lock(state_->mutex);
  state_->entries.erase(ticket);
}

}  // namespace vestnik::users
