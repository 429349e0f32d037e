// Batches by what is in flight: an item alone goes at once; items that come while as many calls as may be are
// under way go together in the next one. A failed call is repeated with the same items after a pause, until
// it succeeds.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "base/executor.h"

namespace vestnik {

// Lives on one Scheduler; everything happens there. Unbounded by itself: whoever adds bounds what may be
// waiting.
template <class Item>
class Batcher {
 public:
  // Makes one call with `items` (which stay until it ends, as the call leaves them) and tells, on the
  // scheduler, whether it succeeded.
  using Call = std::function<void(std::vector<Item>& items, std::move_only_function<void(bool)> ended)>;

  // `calls_max`: calls under way at a time. With more than one, a call that fails may be overtaken by those
  // that were begun after it; none begins while one has to be repeated.
  Batcher(Scheduler& scheduler, std::size_t batch_max, Call call, std::size_t calls_max = 1)
      : state_(std::make_shared<State>(State{scheduler, batch_max, calls_max, std::move(call)})) {}
  // What is waiting is dropped; an answer that comes later is ignored.
  ~Batcher() {
    state_->call = nullptr;
    for (Open& open : state_->open) open.pause.reset();
  }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  void add(Item item) {
    state_->waiting.push_back(std::move(item));
    if (state_->posted || !state_->may_begin()) return;
    state_->posted = true;
    // After what else this turn adds.
    state_->scheduler.post([state = state_] {
      state->posted = false;
      begin(state);
    });
  }

  // Items not yet dealt with, those of the calls under way included.
  std::size_t size() const {
    std::size_t size = state_->waiting.size();
    for (const Open& open : state_->open) size += open.batch.size();
    return size;
  }
  bool idle() const { return size() == 0; }

 private:
  static constexpr std::chrono::milliseconds pause_min{50}, pause_max{2'000};

  // A call that has not succeeded yet.
  struct Open {
    std::vector<Item> batch;
    bool failed = false;
    std::chrono::milliseconds pause_length = pause_min;
    std::unique_ptr<Timer> pause;
  };
  struct State {
    Scheduler& scheduler;
    std::size_t batch_max;
    std::size_t calls_max;
    Call call;
    std::deque<Item> waiting;
    std::list<Open> open;
    bool posted = false;

    bool may_begin() const {
      return open.size() < calls_max && std::ranges::none_of(open, [](const Open& o) { return o.failed; });
    }
  };
  using OpenCall = typename std::list<Open>::iterator;

  static void begin(const std::shared_ptr<State>& state) {
    if (!state->call || !state->may_begin()) return;
    const std::size_t count = std::min(state->batch_max, state->waiting.size());
    if (count == 0) return;
    const auto end = state->waiting.begin() + static_cast<std::ptrdiff_t>(count);
    const OpenCall open = state->open.emplace(state->open.end());
    open->batch.assign(std::make_move_iterator(state->waiting.begin()), std::make_move_iterator(end));
    state->waiting.erase(state->waiting.begin(), end);
    attempt(state, open);
  }

  static void attempt(const std::shared_ptr<State>& state, OpenCall open) {
    if (!state->call) return;
    state->call(open->batch, [state, open](bool succeeded) {
      if (!state->call) return;
      open->failed = !succeeded;
      if (succeeded) {
        state->open.erase(open);
        begin(state);
        return;
      }
      open->pause = state->scheduler.after(open->pause_length, [state, open] { attempt(state, open); });
      open->pause_length = std::min(pause_max, open->pause_length * 2);
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace vestnik
