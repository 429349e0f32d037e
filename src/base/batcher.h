// Batches by what is in flight: an item alone goes at once; items that come while a call is under way go
// together in the next one. A failed call is repeated with the same items after a pause, until it succeeds.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
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

  Batcher(Scheduler& scheduler, std::size_t batch_max, Call call)
      : state_(std::make_shared<State>(State{scheduler, batch_max, std::move(call)})) {}
  // What is waiting is dropped; an answer that comes later is ignored.
  ~Batcher() {
    state_->call = nullptr;
    state_->pause.reset();
  }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  void add(Item item) {
    state_->waiting.push_back(std::move(item));
    if (state_->busy) return;
    state_->busy = true;
    // After what else this turn adds.
    state_->scheduler.post([state = state_] { next(state); });
  }

  // Items not yet dealt with, those of the call under way included.
  std::size_t size() const { return state_->waiting.size() + state_->batch.size(); }
  bool idle() const { return size() == 0; }

 private:
  static constexpr std::chrono::milliseconds pause_min{50}, pause_max{2'000};

  struct State {
    Scheduler& scheduler;
    std::size_t batch_max;
    Call call;
    std::deque<Item> waiting;
    std::vector<Item> batch;
    bool busy = false;
    std::chrono::milliseconds pause_length = pause_min;
    std::unique_ptr<Timer> pause;
  };

  static void next(const std::shared_ptr<State>& state) {
    if (!state->call) return;
    const std::size_t count = std::min(state->batch_max, state->waiting.size());
    if (count == 0) {
      state->busy = false;
      return;
    }
    const auto end = state->waiting.begin() + static_cast<std::ptrdiff_t>(count);
    state->batch.assign(std::make_move_iterator(state->waiting.begin()), std::make_move_iterator(end));
    state->waiting.erase(state->waiting.begin(), end);
    attempt(state);
  }

  static void attempt(const std::shared_ptr<State>& state) {
    if (!state->call) return;
    state->call(state->batch, [state](bool succeeded) {
      if (!state->call) return;
      if (succeeded) {
        state->batch.clear();
        state->pause_length = pause_min;
        next(state);
        return;
      }
      state->pause = state->scheduler.after(state->pause_length, [state] { attempt(state); });
      state->pause_length = std::min(pause_max, state->pause_length * 2);
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace vestnik
