#include "email/smtp_peer.h"

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <future>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vestnik::email {
namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string python() {
  const char* chosen = std::getenv("VESTNIK_TEST_PYTHON");
  return chosen != nullptr ? chosen : "python3";
}

}  // namespace

const Mailbox test_sender = *parse_mailbox("Vestnik <no-reply@localhost>");

Child::Child(std::vector<std::string> arguments) {
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

Child::~Child() {
  ::close(input_);
  ::close(output_);
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

std::string Child::line() {
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd waiting{output_, POLLIN, 0};
    if (::poll(&waiting, 1, 100) <= 0) continue;
    char c = 0;
    if (::read(output_, &c, 1) != 1) break;
    if (c == '\n') return text;
    text += c;
  }
  ADD_FAILURE() << "the peer did not start; does " << python()
                << " have aiosmtpd? VESTNIK_TEST_PYTHON names another";
  return "0";
}

SmtpPeer::SmtpPeer(std::vector<std::string> options) {
  std::vector<std::string> arguments{python(), "tests/peers/smtp_server.py", "--record",
                                     directory_.path() / "record"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  child_ = std::make_unique<Child>(std::move(arguments));
  port_ = std::stoi(child_->line());
}

std::string SmtpPeer::url(const std::string& options, const std::string& credentials) const {
  return "smtp://" + credentials + "127.0.0.1:" + std::to_string(port_) + (options.empty() ? "" : "?") +
         options;
}

std::vector<json::object> SmtpPeer::messages() const {
  std::vector<json::object> found;
  std::ifstream file(directory_.path() / "record");
  for (std::string line; std::getline(file, line);) found.push_back(json::parse(line).as_object());
  return found;
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

void wait_for_port(int port) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  const sockaddr_in address = loopback(port);
  while (std::chrono::steady_clock::now() < deadline) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool open = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (open) return;
    ::poll(nullptr, 0, 10);
  }
  ADD_FAILURE() << "nothing listens at port " << port;
}

std::shared_ptr<const Notification> test_notification(int number, const std::string& to) {
  auto n = std::make_shared<Notification>();
  n->id = {"n-" + std::to_string(number)};
  n->to = to;
  n->subject = "Добро пожаловать";
  n->text = "Здравствуйте, номер " + std::to_string(number) + "\n.\n";
  n->html = "<p>Hello</p>\n";
  n->planned_at = from_unix_us(1'700'000'000'000'000);
  return n;
}

Sending::Sending(const std::string& url, Random& random) : loop_("test") {
  const auto parsed = smtp::parse_url(url);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  provider_ = std::make_unique<SmtpProvider>(loop_, *parsed, test_sender, random);
  provider_->on_capacity([this] {
    ++capacity_calls_;
    pump();
  });
  loop_.start();
}

Sending::~Sending() {
  stop(5s);
  loop_.stop();
}

template <class Function>
auto Sending::on_loop(Function function) {
  std::promise<decltype(function())> answer;
  loop_.post([&] { answer.set_value(function()); });
  return answer.get_future().get();
}

int Sending::send(const std::string& to) {
  const int number = next_++;
  loop_.post([this, number, to] {
    queue_.emplace_back(number, test_notification(number, to));
    pump();
  });
  return number;
}

void Sending::pump() {
  while (!queue_.empty() && provider_->capacity() > 0) {
    const auto [number, notification] = queue_.front();
    queue_.pop_front();
    provider_->send({.notification = notification}, [this, number](Outcome outcome) {
      {
        std::lock_guard lock(mutex_);
        EXPECT_TRUE(outcomes_.emplace(number, std::move(outcome)).second);
        changed_.notify_all();
      }
      pump();
    });
  }
}

Outcome Sending::outcome(int number, std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, limit, [&] { return outcomes_.contains(number); })) {
    ADD_FAILURE() << "no outcome of message " << number;
    return Permanent{"none came"};
  }
  return outcomes_.at(number);
}

Health Sending::health() {
  return on_loop([this] { return provider_->health(); });
}

std::size_t Sending::capacity() {
  return on_loop([this] { return provider_->capacity(); });
}

int Sending::capacity_calls() {
  return on_loop([this] { return capacity_calls_; });
}

void Sending::stop(std::chrono::milliseconds limit) {
  if (std::exchange(stopped_, true)) return;
  std::promise<void> done;
  loop_.post([&] { provider_->stop(limit, [&] { done.set_value(); }); });
  EXPECT_EQ(done.get_future().wait_for(limit + 10s), std::future_status::ready);
}

}  // namespace vestnik::email
