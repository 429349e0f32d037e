#include "bench/load/register_load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "bench/load/http_answer.h"

namespace vestnik::bench {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t reconnect_pause_ns = 20'000'000;
// Patience is looked at so often; nothing else waits for it.
constexpr std::uint64_t look_ns = 200'000'000;

std::uint64_t to_ns(double seconds) { return static_cast<std::uint64_t>(std::llround(seconds * 1e9)); }

RegisterOptions checked(const RegisterOptions& options) {
  if (options.seconds <= 0 && options.requests == 0)
    throw std::invalid_argument("say how long: --seconds or --requests");
  if (options.rate < 0 || options.connections == 0 || options.port == 0)
    throw std::invalid_argument("--rate, --connections and --port must be positive");
  return options;
}

}  // namespace

class RegisterLoad::Connection : public Watcher {
 public:
  explicit Connection(RegisterLoad& load) : load_(load) {}

  void connect() {
    reader_ = {};
    state_ = State::connecting;
    socket_ = begin_connect(load_.options_.port);
    load_.reactor_.watch(socket_.get(), EPOLLOUT, *this);
  }

  void send(const Arrival& arrival) {
    arrival_ = arrival;
    state_ = State::busy;
    const std::string request = load_.registrations_.request(arrival.n);
    sent_ns_ = now_ns();
    // The socket's buffer is empty, so that a request goes into it whole.
    const ssize_t sent = ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) hang_up();
  }

  void on_ready(std::uint32_t) override {
    switch (state_) {
      case State::closed: return;
      case State::connecting: return on_connecting();
      case State::idle:
      case State::busy: return on_readable();
    }
  }

  bool is_busy() const { return state_ == State::busy; }
  const Arrival& arrival() const { return arrival_; }
  std::uint64_t sent_ns() const { return sent_ns_; }
  int error() const { return error_; }

 private:
  enum class State { closed, connecting, idle, busy };

  void on_connecting() {
    error_ = connect_error(socket_);
    if (error_ != 0) return hang_up();
    load_.reactor_.change(socket_.get(), EPOLLIN, *this);
    state_ = State::idle;
    load_.on_connected(*this);
  }

  void on_readable() {
    std::array<char, 4096> bytes;
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    const std::uint64_t now = now_ns();
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return hang_up();
    const auto answer = reader_.feed({bytes.data(), static_cast<std::size_t>(size)});
    if (!answer || state_ == State::idle) {
      if (state_ == State::busy) --load_.busy_;
      state_ = State::idle;  // counted as malformed, not as lost too
      ++load_.malformed_;
      return hang_up();
    }
    if (!*answer) return;
    state_ = State::idle;
    load_.on_answer(*this, (*answer)->status, now);
    if ((*answer)->closes) return hang_up();
    load_.idle_.push_back(this);
    load_.pump();
  }

  void hang_up() {
    const bool was_busy = state_ == State::busy;
    state_ = State::closed;
    socket_.reset();
    load_.on_broken(*this, was_busy);
  }

  RegisterLoad& load_;
  Descriptor socket_;
  State state_ = State::closed;
  HttpAnswerReader reader_;
  Arrival arrival_{};
  std::uint64_t sent_ns_ = 0;
  int error_ = 0;
};

RegisterLoad::RegisterLoad(const RegisterOptions& options)
    : options_(checked(options)),
      registrations_(options.seed, options.contacts, options.port),
      record_(options.record),
      timer_(reactor_, [this] { pump(); }) {}

RegisterLoad::~RegisterLoad() = default;

json::object RegisterLoad::run() {
  StopOnSignal signals(reactor_);
  for (std::size_t i = 0; i < options_.connections; ++i)
    connections_.push_back(std::make_unique<Connection>(*this));
  for (const auto& connection : connections_) connection->connect();
  reactor_.run();
  count_unanswered();
  record_.flush();
  return summary();
}

void RegisterLoad::begin() {
  begun_ns_ = last_answer_ns_ = now_ns();
  arrivals_max_ = options_.requests > 0 ? options_.requests : never;
  arrivals_end_ns_ = options_.seconds > 0 ? begun_ns_ + to_ns(options_.seconds) : never;
  if (options_.rate > 0) {
    if (options_.seconds > 0)
      arrivals_max_ = std::min(arrivals_max_, static_cast<std::uint64_t>(options_.rate * options_.seconds));
    // What has arrived by then is sent even later.
    arrivals_end_ns_ = meant_ns(arrivals_max_);
  }
  pump();
}

std::uint64_t RegisterLoad::meant_ns(std::uint64_t n) const {
  return begun_ns_ + to_ns(static_cast<double>(n) / options_.rate);
}

std::optional<RegisterLoad::Arrival> RegisterLoad::next_arrival(std::uint64_t now) {
  if (issued_ >= arrivals_max_) return std::nullopt;
  const bool open_loop = options_.rate > 0;
  if (!open_loop && now >= arrivals_end_ns_) return std::nullopt;
  const std::uint64_t meant = open_loop ? meant_ns(issued_) : now;
  if (meant > now) return std::nullopt;
  return Arrival{issued_++, meant};
}

// Sends what has arrived, as far as connections are free.
void RegisterLoad::pump() {
  if (begun_ns_ == 0) return;
  const std::uint64_t now = now_ns();
  if (now >= reconnect_at_ns_ && !broken_.empty())
    for (Connection* connection : std::exchange(broken_, {})) connection->connect();
  while (!idle_.empty()) {
    const auto arrival = next_arrival(now);
    if (!arrival) break;
    // In turn, so that all connections are in use at low rates too.
    Connection* const connection = idle_.front();
    idle_.pop_front();
    ++busy_;
    connection->send(*arrival);
  }
  if (is_over(now)) return reactor_.stop();
  arm();
}

void RegisterLoad::arm() {
  timer_.call_by(now_ns() + look_ns);
  if (options_.rate > 0 && !idle_.empty() && issued_ < arrivals_max_) timer_.call_by(meant_ns(issued_));
  if (!broken_.empty()) timer_.call_by(reconnect_at_ns_);
}

bool RegisterLoad::is_over(std::uint64_t now) const {
  const bool open_loop = options_.rate > 0;
  const std::uint64_t patience_ns = to_ns(options_.patience_seconds);
  const bool all_issued = issued_ >= arrivals_max_ || (!open_loop && now >= arrivals_end_ns_);
  if (all_issued && busy_ == 0) return true;
  if (arrivals_end_ns_ != never && now > arrivals_end_ns_ + patience_ns) return true;
  // Silence is nothing to worry about while nobody has asked.
  const bool has_asked = busy_ > 0 || idle_.empty();
  const std::uint64_t asked_ns = open_loop ? std::max(last_answer_ns_, meant_ns(issued_)) : last_answer_ns_;
  return has_asked && now > asked_ns + patience_ns;
}

void RegisterLoad::on_connected(Connection& connection) {
  idle_.push_back(&connection);
  if (begun_ns_ != 0) return pump();
  if (++connected_first_ == connections_.size()) begin();
}

void RegisterLoad::on_answer(Connection& connection, int status, std::uint64_t now) {
  --busy_;
  last_answer_ns_ = now;
  ++statuses_[status];
  const Arrival& arrival = connection.arrival();
  // A refusal is quick and would flatter.
  if (status == 200) latencies_.add(now - arrival.meant_ns);
  if (!record_.is_wanted()) return;
  const auto shown = [](std::string contact) { return contact.empty() ? "-" : contact; };
  fmt::format_to(std::back_inserter(record_.text()), "{} {} {} {} {} {}\n",
                 shown(registrations_.email(arrival.n)), shown(registrations_.phone(arrival.n)),
                 arrival.meant_ns, connection.sent_ns(), now, status);
  record_.line_done();
}

void RegisterLoad::on_broken(Connection& connection, bool busy) {
  std::erase(idle_, &connection);
  if (begun_ns_ == 0)
    throw std::runtime_error(
        fmt::format("can't connect to 127.0.0.1:{}: {}; start what is to be measured first", options_.port,
                    std::strerror(connection.error())));
  if (connection.error() != 0) ++connect_errors_;
  if (busy) {
    --busy_;
    ++lost_;
  }
  if (broken_.empty()) reconnect_at_ns_ = now_ns() + reconnect_pause_ns;
  broken_.push_back(&connection);
  arm();
}

// They count with the age they have: at least that long would they have taken.
void RegisterLoad::count_unanswered() {
  if (begun_ns_ == 0) return;
  const std::uint64_t now = now_ns();
  for (const auto& connection : connections_) {
    if (!connection->is_busy()) continue;
    ++unanswered_;
    latencies_.add(now - connection->arrival().meant_ns);
  }
  if (options_.rate <= 0) return;
  while (const auto arrival = next_arrival(now)) {
    ++unanswered_;
    latencies_.add(now - arrival->meant_ns);
  }
}

json::object RegisterLoad::summary() {
  json::object statuses;
  std::uint64_t answered = 0;
  for (const auto& [status, count] : statuses_) {
    statuses[std::to_string(status)] = count;
    answered += count;
  }
  const double seconds = static_cast<double>(last_answer_ns_ - begun_ns_) / 1e9;
  const auto succeeded = statuses_.find(200);
  const double taken = succeeded == statuses_.end() ? 0 : static_cast<double>(succeeded->second);
  return {{"tool", "bench-register"},
          {"loop", options_.rate > 0 ? "open" : "closed"},
          {"connections", connections_.size()},
          {"seconds", seconds},
          {"rate_meant", options_.rate > 0 ? json::value(options_.rate) : json::value(nullptr)},
          {"rate", seconds > 0 ? taken / seconds : 0},
          {"arrived", issued_},
          {"answered", answered},
          {"statuses", std::move(statuses)},
          {"errors", json::object{{"lost", lost_}, {"malformed", malformed_}, {"connect", connect_errors_}}},
          {"unanswered", unanswered_},
          {"latency_us", latencies_.summary_us()},
          {"cpu_seconds", cpu_seconds()}};
}

}  // namespace vestnik::bench
