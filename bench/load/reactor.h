// One thread and one epoll: the waiting that the load generator and the sinks share. They use epoll itself,
// not Asio, so that a unit of work costs them little more than its system calls: they share the cores with
// what is measured.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vestnik::bench {

// CLOCK_MONOTONIC in nanoseconds: comparable between the processes of one machine.
std::uint64_t now_ns();
// Processor time, user and system, that this process has used.
double cpu_seconds();

// Throws std::system_error with `what` and the text of errno.
[[noreturn]] void throw_errno(const std::string& what);

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  // `events`: those of epoll. May come once more, in the same round, after the watcher has closed its
  // descriptor.
  virtual void on_ready(std::uint32_t events) = 0;
};

class Reactor {
 public:
  Reactor();

  // Level-triggered, until the descriptor is closed. False: it can't be waited for (a regular file,
  // /dev/null).
  bool watch(int fd, std::uint32_t events, Watcher& watcher);
  void change(int fd, std::uint32_t events, Watcher& watcher);
  // Destroys it when the events that are being told, and may still name it, are through.
  void bury(std::unique_ptr<Watcher> watcher) { buried_.push_back(std::move(watcher)); }

  // Until stop().
  void run();
  void stop() { running_ = false; }

 private:
  Descriptor epoll_;
  bool running_ = true;
  std::vector<std::unique_ptr<Watcher>> buried_;
};

// Calls back once, at the earliest of the times that it was told since it last did. By timerfd, since epoll's
// own timeout is in milliseconds.
class Timer : public Watcher {
 public:
  Timer(Reactor& reactor, std::function<void()> on_time);

  // As of now_ns(); what is past comes at once.
  void call_by(std::uint64_t time_ns);
  void on_ready(std::uint32_t events) override;

 private:
  Descriptor timer_;
  std::function<void()> on_time_;
  std::uint64_t armed_ns_ = 0;  // 0: not
};

// SIGTERM and SIGINT stop the reactor instead of the process.
class StopOnSignal : public Watcher {
 public:
  explicit StopOnSignal(Reactor& reactor);
  void on_ready(std::uint32_t events) override;

 private:
  Reactor& reactor_;
  Descriptor signals_;
};

// Calls back with each line of standard input, without its end; stops the reactor where the input ends.
class CommandLines : public Watcher {
 public:
  CommandLines(Reactor& reactor, std::function<void(const std::string&)> on_line);
  void on_ready(std::uint32_t events) override;

 private:
  Reactor& reactor_;
  std::function<void(const std::string&)> on_line_;
  std::string rest_;  // bounded: a line longer than line_bytes_max ends the program's patience with its input
};

}  // namespace vestnik::bench
