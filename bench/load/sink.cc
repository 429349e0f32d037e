#include "bench/load/sink.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace vestnik::bench {
namespace {

// Shared by all connections: what is read is taken in at once.
constexpr std::size_t read_bytes_max = 256 * 1024;

void print_line(std::string_view text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

}  // namespace

void Tally::count(std::uint64_t now_ns, std::uint64_t messages, std::uint64_t bytes) {
  if (messages_ == 0) first_ns_ = now_ns;
  last_ns_ = now_ns;
  messages_ += messages;
  bytes_ += bytes;
}

void Tally::record(std::string_view recipient, std::uint64_t now_ns) {
  if (!record_.is_wanted()) return;
  fmt::format_to(std::back_inserter(record_.text()), "{} {}\n", recipient, now_ns);
  record_.line_done();
}

void Tally::reset() { messages_ = bytes_ = first_ns_ = last_ns_ = 0; }

json::object Tally::counters() const {
  return {{"messages", messages_},
          {"bytes", bytes_},
          {"first_ns", first_ns_},
          {"last_ns", last_ns_},
          {"seconds_first_to_last", static_cast<double>(last_ns_ - first_ns_) / 1e9}};
}

class Sink::Connection : public Watcher {
 public:
  Connection(Sink& sink, std::uint64_t id, Descriptor socket)
      : sink_(sink), id_(id), socket_(std::move(socket)), dialogue_(sink.factory_(sink.tally_)) {
    set_no_delay(socket_);
    sink_.reactor_.watch(socket_.get(), EPOLLIN, *this);
  }

  std::uint64_t id() const { return id_; }
  // What remains is destroyed later; see Reactor::bury.
  void hang_up() { socket_.reset(); }

  void on_ready(std::uint32_t events) override {
    if (!socket_.is_open()) return;
    // Nothing is asked for in a pause, so the connection is broken.
    if (waiting_for_ == 0) return sink_.close(*this);
    if (events & EPOLLOUT) return go_on(next_);
    static std::string buffer(read_bytes_max, '\0');
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return sink_.close(*this);
    take(std::string_view(buffer).substr(0, static_cast<std::size_t>(size)));
  }

  // At the beginning, where some protocols have the server speak first, and after a pause.
  void resume() {
    next_ = Dialogue::Next::more;
    take({});
  }

 private:
  void take(std::string_view bytes) { go_on(dialogue_->on_bytes(bytes, now_ns(), answers_)); }

  // Sends the answers; reads on only when they are out, which bounds them by what one read can ask.
  void go_on(Dialogue::Next next) {
    next_ = next;
    if (!answers_.empty()) {
      const ssize_t sent = ::send(socket_.get(), answers_.data(), answers_.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return sink_.close(*this);
      answers_.erase(0, sent < 0 ? 0 : static_cast<std::size_t>(sent));
      if (!answers_.empty()) return wait_for(EPOLLOUT);
    }
    switch (next_) {
      case Dialogue::Next::more: return wait_for(EPOLLIN);
      case Dialogue::Next::pause: wait_for(0); return sink_.pause(*this);
      case Dialogue::Next::close: return sink_.close(*this);
    }
  }

  void wait_for(std::uint32_t events) {
    if (waiting_for_ != events) sink_.reactor_.change(socket_.get(), events, *this);
    waiting_for_ = events;
  }

  Sink& sink_;
  std::uint64_t id_;
  Descriptor socket_;
  std::unique_ptr<Dialogue> dialogue_;
  std::string answers_;
  Dialogue::Next next_ = Dialogue::Next::more;  // when the answers are out
  std::uint32_t waiting_for_ = EPOLLIN;
};

class Sink::Acceptor : public Watcher {
 public:
  explicit Acceptor(Sink& sink) : sink_(sink), socket_(listen_on(sink.options_.port)) {
    sink_.reactor_.watch(socket_.get(), EPOLLIN, *this);
  }
  std::uint16_t port() const { return local_port(socket_); }

  void on_ready(std::uint32_t) override {
    Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) {
      if (errno == EMFILE || errno == ENFILE)
        throw_errno("can't take a connection; raise the limit with ulimit -n");
      return;
    }
    const std::uint64_t id = sink_.next_id_++;
    Connection& connection =
        *sink_.open_.emplace(id, std::make_unique<Connection>(sink_, id, std::move(socket))).first->second;
    ++sink_.connections_;
    sink_.open_max_ = std::max(sink_.open_max_, sink_.open_.size());
    connection.resume();
  }

 private:
  Sink& sink_;
  Descriptor socket_;
};

Sink::Sink(const SinkOptions& options, Factory factory)
    : options_(options),
      factory_(std::move(factory)),
      tally_(options.record),
      pause_timer_(reactor_, [this] { end_pauses(); }),
      acceptor_(std::make_unique<Acceptor>(*this)) {}

Sink::~Sink() = default;

void Sink::run() {
  StopOnSignal signals(reactor_);
  CommandLines lines(reactor_, [this](const std::string& line) { on_line(line); });
  print_line(fmt::format("port {}", acceptor_->port()));
  reactor_.run();
  tally_.flush();
  print_line(json::serialize(counters()));
}

void Sink::on_line(const std::string& line) {
  if (line == "count" || line == "reset") {
    tally_.flush();
    print_line(json::serialize(counters()));
    if (line == "reset") {
      tally_.reset();
      connections_ = open_max_ = open_.size();
    }
  } else {
    print_line(R"({"error":"unknown line; write count or reset"})");
  }
}

json::object Sink::counters() const {
  json::object all = tally_.counters();
  all["connections"] = connections_;
  all["connections_open"] = open_.size();
  all["connections_open_max"] = open_max_;
  all["cpu_seconds"] = cpu_seconds();
  return all;
}

void Sink::pause(Connection& connection) {
  pauses_.push_back({now_ns() + options_.pause_ns, connection.id()});
  if (pauses_.size() == 1) pause_timer_.call_by(pauses_.front().until_ns);
}

void Sink::end_pauses() {
  const std::uint64_t now = now_ns();
  while (!pauses_.empty() && pauses_.front().until_ns <= now) {
    const auto found = open_.find(pauses_.front().connection);
    pauses_.pop_front();
    if (found != open_.end()) found->second->resume();
  }
  if (!pauses_.empty()) pause_timer_.call_by(pauses_.front().until_ns);
}

void Sink::close(Connection& connection) {
  connection.hang_up();
  const auto found = open_.find(connection.id());
  reactor_.bury(std::move(found->second));
  open_.erase(found);
}

}  // namespace vestnik::bench
