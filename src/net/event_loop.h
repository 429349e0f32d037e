// A thread with an io_context: the Scheduler everything of one role runs on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "base/executor.h"

namespace vestnik::net {

class EventLoop final : public Scheduler {
 public:
  // `name` (15 characters at most) is the thread's, as `top -H` shows it. An exception that leaves a task is
  // fatal for the process: it is logged and the process ends.
  explicit EventLoop(std::string name);
  // Stops and joins; what has not run by then is dropped.
  ~EventLoop() override;

  void start();
  // Runs what is posted and ready, then joins the thread. Not from the loop's own thread.
  void stop();

  void post(Task task) override;
  const Clock& clock() const override;
  std::unique_ptr<Timer> after(std::chrono::microseconds delay, Task task) override;

  boost::asio::io_context& context() { return context_; }

 private:
  std::string name_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace vestnik::net
