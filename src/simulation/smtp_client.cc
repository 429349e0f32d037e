#include "simulation/smtp_client.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace vestnik::simulation {

namespace smtp = email::smtp;

// Drives one session: actions out, events in, on the process.
struct SmtpClient::Connection : std::enable_shared_from_this<Connection> {
  Connection(SmtpClient& o, smtp::SessionConfig config)
      : owner(o),
        process(o.process_),
        wire(std::make_shared<Wire>(o.process_->world(), o.process_, o.server_.moods().delay_max)),
        session(std::move(config)) {}

  SmtpClient& owner;
  ProcessPtr process;
  WirePtr wire;
  smtp::Session session;
  std::string inbox;
  bool peer_closed = false;
  bool reading = false;
  bool idle = false;
  bool fresh = true;  // opened for the message that is on it
  bool cancelled = false;
  std::optional<Open> open;
  std::unique_ptr<Timer> deadline;

  SteadyTime now() const { return process->clock().steady_now(); }

  void resume(const smtp::Event& event) { run(session.resume(event, now())); }

  void attach() {
    const auto weak = weak_from_this();
    wire->to_client = {.bytes =
                           [weak](std::string_view bytes) {
                             if (const auto self = weak.lock()) self->on_bytes(bytes);
                           },
                       .closed =
                           [weak] {
                             if (const auto self = weak.lock()) self->on_closed();
                           }};
  }

  void on_bytes(std::string_view bytes) {
    inbox += bytes;
    if (!reading) return;
    reading = false;
    deadline.reset();
    const std::string received = std::exchange(inbox, {});
    resume(smtp::Received{received});
  }
  void on_closed() {
    peer_closed = true;
    if (idle) return owner.forget(shared_from_this());
    if (reading) fail(smtp::IoError::closed);
  }
  void fail(smtp::IoError error) {
    reading = false;
    deadline.reset();
    resume(smtp::Failed{.error = error});
  }

  void run(smtp::Action action) {
    if (const auto* write = std::get_if<smtp::Write>(&action)) return perform(*write);
    if (const auto* read = std::get_if<smtp::Read>(&action)) return perform(*read);
    owner.on_ended(shared_from_this(), std::move(action));
  }
  void perform(const smtp::Write& write) {
    std::string bytes(write.bytes);
    World& world = process->world();
    // The transport breaks in the middle of it: some of it has gone.
    const bool breaks = cancelled || (peer_closed && world.dice.chance(0.5));
    const std::size_t count = breaks ? world.dice.below(bytes.size() + 1) : bytes.size();
    wire->send_to_server(bytes.substr(0, count));
    process->post([self = shared_from_this(), breaks, count] {
      if (breaks)
        self->resume(smtp::Failed{.error = smtp::IoError::closed, .bytes_written = count});
      else
        self->resume(smtp::Written{});
    });
  }
  void perform(const smtp::Read& read) {
    process->post([self = shared_from_this(), until = read.deadline] {
      if (!self->inbox.empty()) {
        const std::string received = std::exchange(self->inbox, {});
        return self->resume(smtp::Received{received});
      }
      if (self->cancelled) return self->fail(smtp::IoError::cancelled);
      if (self->peer_closed) return self->fail(smtp::IoError::closed);
      self->reading = true;
      const auto wait = std::chrono::ceil<Duration>(until - self->now());
      self->deadline = self->process->after(wait, [weak = self->weak_from_this()] {
        const auto here = weak.lock();
        if (here && here->reading) here->fail(smtp::IoError::timeout);
      });
    });
  }
  void cancel() {
    cancelled = true;
    if (reading) fail(smtp::IoError::cancelled);
  }
};

SmtpClient::~SmtpClient() {
  for (const ConnectionPtr& connection : connections_) connection->wire->close_from_client();
}

std::size_t SmtpClient::capacity() const {
  const std::size_t free = options_.connections - std::min(options_.connections, busy_);
  const std::size_t result = stopping_ || backing_off_ ? 0
                             : failures_ > 0           ? std::min<std::size_t>(free, busy_ == 0)
                                                       : free;
  was_full_ = was_full_ || result == 0;
  return result;
}

void SmtpClient::send(delivery::Attempt attempt, delivery::AttemptDone done) {
  ++busy_;
  Open open{watcher_.on_send(*process_, std::string(name()), attempt), attempt.notification, std::move(done)};
  const auto idle = std::ranges::find_if(connections_, [](const ConnectionPtr& c) { return c->idle; });
  process_->post([this, alive = std::weak_ptr(alive_), open = std::move(open),
                  connection = idle == connections_.end() ? nullptr : *idle]() mutable {
    if (alive.expired()) return;
    if (connection && !connection->peer_closed && connection->inbox.empty())
      return begin(connection, std::move(open));
    if (connection) forget(connection);
    connect(std::move(open));
  });
  if (idle != connections_.end()) (*idle)->idle = false;
}

void SmtpClient::connect(Open open) {
  auto config = smtp::SessionConfig{.helo = "vestnik.example", .tls = smtp::TlsMode::never};
  config.limits = smtp::Limits::bounded(options_.answer_limit, options_.final_limit);
  auto connection = std::make_shared<Connection>(*this, std::move(config));
  World& world = process_->world();
  connection->open = std::move(open);
  world.after(world.dice.between(Duration(20), server_.moods().delay_max),
              [this, alive = std::weak_ptr(alive_), connection] {
                if (alive.expired() || !process_->alive()) return;
                const bool accepted = !stopping_ && server_.accept(connection->wire);
                process_->post([this, alive, connection, accepted] {
                  if (alive.expired()) return;
                  if (!accepted) {
                    failed();
                    return finish(std::move(*connection->open),
                                  Transient{.answer = "refused", .provider_failed = true});
                  }
                  connections_.push_back(connection);
                  connection->attach();
                  if (stopping_ && !stop_timer_) connection->cancelled = true;
                  connection->resume(smtp::Start{});
                });
              });
}

void SmtpClient::begin(const ConnectionPtr& connection, Open open) {
  const std::string tag = Tag{open.life, 0, open.notification->id.value}.text();
  const std::string to = open.notification->to;
  connection->open = std::move(open);
  connection->resume(
      smtp::Begin{"no-reply@example.com", to, "X-Tag: " + tag + "\r\nSubject: hi\r\n\r\nHello\r\n"});
}

void SmtpClient::on_ended(const ConnectionPtr& connection, smtp::Action action) {
  if (auto* ready = std::get_if<smtp::Ready>(&action)) {
    if (!ready->outcome) {  // opened
      failures_ = 0;
      if (connection->open) begin(connection, std::move(*connection->open));
      return;
    }
    Open open = std::move(*std::exchange(connection->open, std::nullopt));
    connection->idle = true;
    connection->fresh = false;
    if (stopping_) forget(connection);
    return finish(std::move(open), std::move(*ready->outcome));
  }
  auto& close = std::get<smtp::Close>(action);
  std::optional<Open> open = std::exchange(connection->open, std::nullopt);
  const bool fresh = connection->fresh;
  forget(connection);
  if (!open) return;
  // The server let go of a connection it had found idle: the message goes on a new one.
  if (!fresh && close.untouched && !stopping_) return connect(std::move(*open));
  if (fresh) failed();
  finish(std::move(*open), close.outcome
                               ? std::move(*close.outcome)
                               : Outcome(Transient{.answer = close.failure ? close.failure->text() : "closed",
                                                   .provider_failed = true}));
}

void SmtpClient::forget(const ConnectionPtr& connection) {
  connection->wire->close_from_client();
  std::erase(connections_, connection);
}

void SmtpClient::failed() {
  if (backing_off_ || stopping_) return;
  backing_off_ = true;
  const Duration longest = std::min<Duration>(5s, 100ms * (1 << std::min(failures_++, 6)));
  backoff_ = process_->after(process_->world().dice.between(Duration(1ms), longest), [this] {
    backing_off_ = false;
    notify();
  });
}

void SmtpClient::finish(Open open, Outcome outcome) {
  --busy_;
  watcher_.on_outcome(open.life, outcome);
  open.done(std::move(outcome));
  notify();
  end_if_empty();
}

void SmtpClient::notify() {
  if (!was_full_ || capacity() == 0) return;
  was_full_ = false;
  if (on_capacity_) on_capacity_();
}

void SmtpClient::stop(std::chrono::milliseconds limit, Task stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  backoff_.reset();
  for (const ConnectionPtr& connection : std::vector(connections_))
    if (connection->idle) forget(connection);
  stop_timer_ = process_->after(limit, [this] {
    const auto timer = std::move(stop_timer_);
    for (const ConnectionPtr& connection : std::vector(connections_)) connection->cancel();
  });
  process_->post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) end_if_empty();
  });
}

void SmtpClient::end_if_empty() {
  if (!stopped_ || busy_ > 0) return;
  std::exchange(stopped_, nullptr)();
}

}  // namespace vestnik::simulation
