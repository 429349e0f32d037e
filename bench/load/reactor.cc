#include "bench/load/reactor.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace vestnik::bench {
namespace {

constexpr std::uint64_t ns_per_second = 1'000'000'000;
constexpr std::size_t line_bytes_max = 1024;

}  // namespace

std::uint64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * ns_per_second + static_cast<std::uint64_t>(time.tv_nsec);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void throw_errno(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Reactor::Reactor() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_.is_open()) throw_errno("epoll_create1");
}

bool Reactor::watch(int fd, std::uint32_t events, Watcher& watcher) {
  epoll_event event{.events = events, .data = {.ptr = &watcher}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return true;
  if (errno == EPERM) return false;
  throw_errno("epoll_ctl");
}

void Reactor::change(int fd, std::uint32_t events, Watcher& watcher) {
  epoll_event event{.events = events, .data = {.ptr = &watcher}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) throw_errno("epoll_ctl");
}

void Reactor::run() {
  std::array<epoll_event, 256> events;
  while (running_) {
    const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    if (ready < 0 && errno != EINTR) throw_errno("epoll_wait");
    for (int i = 0; i < ready; ++i) static_cast<Watcher*>(events[i].data.ptr)->on_ready(events[i].events);
    buried_.clear();
  }
}

Timer::Timer(Reactor& reactor, std::function<void()> on_time)
    : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)), on_time_(std::move(on_time)) {
  if (!timer_.is_open()) throw_errno("timerfd_create");
  reactor.watch(timer_.get(), EPOLLIN, *this);
}

void Timer::call_by(std::uint64_t time_ns) {
  if (armed_ns_ != 0 && armed_ns_ <= time_ns) return;
  armed_ns_ = time_ns;
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(time_ns / ns_per_second);
  when.it_value.tv_nsec = static_cast<long>(time_ns % ns_per_second);
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) throw_errno("timerfd_settime");
}

void Timer::on_ready(std::uint32_t) {
  std::uint64_t expirations = 0;
  if (::read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
  armed_ns_ = 0;
  on_time_();
}

StopOnSignal::StopOnSignal(Reactor& reactor) : reactor_(reactor) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) throw_errno("sigprocmask");
  signals_ = Descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_.is_open()) throw_errno("signalfd");
  reactor_.watch(signals_.get(), EPOLLIN, *this);
}

void StopOnSignal::on_ready(std::uint32_t) { reactor_.stop(); }

CommandLines::CommandLines(Reactor& reactor, std::function<void(const std::string&)> on_line)
    : reactor_(reactor), on_line_(std::move(on_line)) {
  if (!reactor_.watch(STDIN_FILENO, EPOLLIN, *this)) reactor_.stop();
}

void CommandLines::on_ready(std::uint32_t) {
  std::array<char, 512> bytes;
  const ssize_t read = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (read <= 0) return reactor_.stop();
  rest_.append(bytes.data(), static_cast<std::size_t>(read));
  for (std::size_t end; (end = rest_.find('\n')) != rest_.npos; rest_.erase(0, end + 1))
    on_line_(rest_.substr(0, end));
  if (rest_.size() > line_bytes_max) reactor_.stop();
}

}  // namespace vestnik::bench
