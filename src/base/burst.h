// Many callbacks that one thread makes one after the other, such as the answers to a batch. What each of them
// would start at once may wait for the end of the burst and start together, as one batch again.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/executor.h"

namespace vestnik {

class Burst {
 public:
  Burst() : outer_(std::exchange(current_, this)) {}
  ~Burst() {
    current_ = outer_;
    for (auto& [owner, task] : at_end_) task();
  }
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;

  // This thread's, the innermost; null: none is open.
  static Burst* current() { return current_; }

  // Whether `owner` waits for the end of this burst already.
  bool has(const void* owner) const {
    return std::ranges::any_of(at_end_, [owner](const auto& waiting) { return waiting.first == owner; });
  }
  // `task` runs on this thread when the burst ends. The owner sees to it that it lives until then.
  void at_end(const void* owner, Task task) { at_end_.emplace_back(owner, std::move(task)); }

 private:
  static inline thread_local Burst* current_ = nullptr;

  Burst* outer_;
  std::vector<std::pair<const void*, Task>> at_end_;
};

}  // namespace vestnik
