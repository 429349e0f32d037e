#include "log/sqlite/deadlines.h"

#include <pthread.h>

namespace vestnik::log::sqlite {

void Deadlines::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  tasks_.clear();
}

void Deadlines::after(std::chrono::milliseconds delay, Task task) {
  bool sooner = false;
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    const auto entry = tasks_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
    sooner = entry == tasks_.begin();
  }
  if (sooner) changed_.notify_one();
}

void Deadlines::run() {
  pthread_setname_np(pthread_self(), "log-deadlines");
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (tasks_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto next = tasks_.begin()->first;
    if (next > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, next);
      continue;
    }
    Task task = std::move(tasks_.extract(tasks_.begin()).mapped());
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace vestnik::log::sqlite
