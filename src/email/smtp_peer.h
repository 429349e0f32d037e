// For tests: real SMTP servers as child processes, and a small engine that sends through a provider.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/temporary_directory.h"
#include "email/smtp_provider.h"
#include "net/event_loop.h"

namespace vestnik::email {

// A child process with pipes at its standard input and output; ends when this is destroyed.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line it prints; a test failure if none comes within 20 s.
  std::string line();

 private:
  int pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

// tests/peers/smtp_server.py.
class SmtpPeer {
 public:
  explicit SmtpPeer(std::vector<std::string> options = {});

  int port() const { return port_; }
  std::string url(const std::string& options = {}, const std::string& credentials = {}) const;
  // What it has recorded so far, in the order it came.
  std::vector<json::object> messages() const;

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Child> child_;
  int port_ = 0;
};

int free_port();
// Waits until something listens there.
void wait_for_port(int port);

std::shared_ptr<const Notification> test_notification(int number, const std::string& to);
extern const Mailbox test_sender;

// Sends as the engine does: within capacity, in order, woken by on_capacity.
class Sending {
 public:
  explicit Sending(const std::string& url, Random& random = system_random());
  ~Sending();

  // Queues one message; its number is its place in the order of calls.
  int send(const std::string& to);
  // The outcome of message `number`, which must come within `limit`.
  Outcome outcome(int number, std::chrono::seconds limit = std::chrono::seconds(20));
  Health health();
  std::size_t capacity();
  int capacity_calls();
  // How long it took until stop() had called back; outcomes are kept.
  void stop(std::chrono::milliseconds limit);

 private:
  void pump();
  template <class Function>
  auto on_loop(Function function);

  net::EventLoop loop_;
  std::unique_ptr<SmtpProvider> provider_;
  std::deque<std::pair<int, std::shared_ptr<const Notification>>> queue_;
  int capacity_calls_ = 0;
  bool stopped_ = false;
  int next_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Outcome> outcomes_;
};

template <class T>
T expect_outcome(const Outcome& outcome) {
  if (const T* held = std::get_if<T>(&outcome)) return *held;
  ADD_FAILURE() << "another outcome, saying: " << std::visit([](const auto& o) { return o.answer; }, outcome);
  return {};
}

}  // namespace vestnik::email
