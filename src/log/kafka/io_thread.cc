#include "log/kafka/io_thread.h"

#include <algorithm>
#include <cstdint>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace vestnik::log::kafka {

Wake::Wake() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wake::~Wake() { close(fd_); }

void Wake::signal() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is about to wake anyway.
  [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);
}

void Wake::wait(std::chrono::milliseconds timeout) {
  pollfd readable{fd_, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(timeout.count())) <= 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = read(fd_, &count, sizeof count);
}

void Wake::listen(rd_kafka_queue_t* queue) {
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue, fd_, &one, sizeof one);
}

IoThread::IoThread() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "kafka");
    run();
  });
}

IoThread::~IoThread() { stop(); }

void IoThread::stop() {
  stopping_ = true;
  wake_->signal();
  if (thread_.joinable()) thread_.join();
}

void IoThread::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_->signal();
}

void IoThread::add(Source& source) { sources_.push_back(&source); }

void IoThread::remove(Source& source) { std::erase(sources_, &source); }

void IoThread::run() {
  bool more = false;
  while (!stopping_) {
    wake_->wait(more ? std::chrono::milliseconds(0) : io_tick);
    run_tasks();
    more = false;
    const SteadyTime now = system_clock().steady_now();
    // By index over a copy of the size: a source may remove itself while it is served.
    for (std::size_t i = 0; i < sources_.size(); ++i) more |= sources_[i]->serve(now);
  }
}

void IoThread::run_tasks() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) task();
}

}  // namespace vestnik::log::kafka
