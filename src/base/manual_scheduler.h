// A Scheduler for tests: time moves only when told to; tasks run on the test's thread. post() is safe from
// any thread, so real stores and logs may call back.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "base/executor.h"

namespace vestnik {

class ManualScheduler final : public Scheduler, private Clock {
 public:
  void post(Task task) override {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    wake_.notify_one();
  }
  const vestnik::Clock& clock() const override { return *this; }
  std::unique_ptr<Timer> after(std::chrono::microseconds delay, Task task) override {
    const auto key = std::pair(elapsed_.load() + delay, sequence_++);
    timers_->emplace(key, std::move(task));
    return std::make_unique<Handle>(timers_, key);
  }

  // Runs what is posted, and what that posts.
  void run() {
    for (Task task = next(); task; task = next()) task();
  }

  // Runs tasks, and waits for those that other threads post, until `reached`. False: `limit` (real time)
  // passed first.
  template <class Predicate>
  bool run_until(Predicate reached, std::chrono::seconds limit = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    run();
    while (!reached()) {
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait_until(lock, deadline, [&] { return !tasks_.empty(); })) return false;
      }
      run();
    }
    return true;
  }

  // The same for what needs both: other threads' answers and timers. Time moves on by `step` whenever nothing
  // is posted.
  template <class Predicate>
  bool advance_until(Predicate reached, std::chrono::microseconds step,
                     std::chrono::seconds limit = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!reached()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, std::chrono::milliseconds(2), [&] { return !tasks_.empty(); });
      }
      advance(step);
    }
    return true;
  }

  // As an administrator sets it: timers and the monotonic clock don't care.
  void set_wall_clock(std::chrono::microseconds by) { wall_ahead_ = wall_ahead_.load() + by; }

  // Moves time on, running each timer at its moment.
  void advance(std::chrono::microseconds by) {
    const auto target = elapsed_.load() + by;
    run();
    while (!timers_->empty() && timers_->begin()->first.first <= target) {
      elapsed_ = std::max(elapsed_.load(), timers_->begin()->first.first);
      Task task = std::move(timers_->extract(timers_->begin()).mapped());
      task();
      run();
    }
    elapsed_ = target;
  }

 private:
  using Key = std::pair<std::chrono::microseconds, std::uint64_t>;
  using Timers = std::map<Key, Task>;

  class Handle final : public Timer {
   public:
    Handle(std::weak_ptr<Timers> timers, Key key) : timers_(std::move(timers)), key_(key) {}
    ~Handle() override {
      if (const auto timers = timers_.lock()) timers->erase(key_);
    }

   private:
    std::weak_ptr<Timers> timers_;
    Key key_;
  };

  Timestamp now() const override {
    return from_unix_us(1'700'000'000'000'000) + elapsed_.load() + wall_ahead_.load();
  }
  SteadyTime steady_now() const override { return SteadyTime(elapsed_.load()); }

  Task next() {
    std::lock_guard lock(mutex_);
    if (tasks_.empty()) return nullptr;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  // Stores and logs ask for the time on threads of their own.
  std::atomic<std::chrono::microseconds> elapsed_{std::chrono::microseconds(0)};
  std::atomic<std::chrono::microseconds> wall_ahead_{std::chrono::microseconds(0)};
  std::uint64_t sequence_ = 0;
  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
};

}  // namespace vestnik
