// An Executor for tests: one thread with a queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/executor.h"

namespace vestnik::log::test {

class TestExecutor final : public Executor {
 public:
  TestExecutor() : thread_([this] { run(); }) {}
  // Runs what is posted, then ends.
  ~TestExecutor() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    ready_.notify_one();
    thread_.join();
  }

  void post(Task task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    ready_.notify_one();
  }

  // Runs `task` on the thread and returns when it has. Not from the thread itself.
  template <class F>
  void run(F&& task) {
    auto finished = std::make_shared<std::promise<void>>();
    post([&task, finished] {
      task();
      finished->set_value();
    });
    finished->get_future().wait();
  }

  bool is_here() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ready_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> tasks_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace vestnik::log::test
