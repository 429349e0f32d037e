#include "net/event_loop.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <exception>
#include <pthread.h>
#include <utility>

#include "base/logging.h"

namespace vestnik::net {
namespace {

namespace asio = boost::asio;

class AsioTimer final : public Timer {
 public:
  AsioTimer(asio::io_context& context, std::chrono::microseconds delay, Task task)
      : state_(std::make_shared<State>(State{asio::steady_timer(context, delay), std::move(task)})) {
    state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
      // A timer that has fired but not yet run when it is cancelled finds its task gone.
      if (!error && state->task) std::exchange(state->task, nullptr)();
    });
  }
  ~AsioTimer() override {
    state_->task = nullptr;
    state_->timer.cancel();
  }

 private:
  struct State {
    asio::steady_timer timer;
    Task task;
  };
  std::shared_ptr<State> state_;
};

}  // namespace

EventLoop::EventLoop(std::string name) : name_(std::move(name)), work_(asio::make_work_guard(context_)) {}

EventLoop::~EventLoop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void EventLoop::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    try {
      context_.run();
    } catch (const std::exception& e) {
      logging::error(name_, "a task failed and the process can't go on", {{"reason", e.what()}});
      std::abort();
    }
  });
}

void EventLoop::stop() {
  asio::post(context_, [this] { context_.stop(); });
  if (thread_.joinable()) thread_.join();
}

void EventLoop::post(Task task) { asio::post(context_, std::move(task)); }

const Clock& EventLoop::clock() const { return system_clock(); }

std::unique_ptr<Timer> EventLoop::after(std::chrono::microseconds delay, Task task) {
  return std::make_unique<AsioTimer>(context_, delay, std::move(task));
}

}  // namespace vestnik::net
