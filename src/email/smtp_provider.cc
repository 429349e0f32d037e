#include "email/smtp_provider.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <set>
#include <unistd.h>
#include <utility>

#include "base/logging.h"
#include "email/mime.h"
#include "email/smtp_connection.h"
#include "email/smtp_pool.h"
#include "net/event_loop.h"

namespace vestnik::email {
namespace {

using delivery::Attempt;
using delivery::AttemptDone;

// EHLO wants the client's own name (RFC 5321 section 4.1.1.1).
std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  const std::string_view text(name.data());
  const bool usable = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  });
  return usable ? std::string(text) : "localhost";
}

SmtpTarget target_of(smtp::Url url) {
  SmtpTarget target;
  target.session.helo = url.helo.empty() ? host_name() : url.helo;
  target.session.tls = url.tls;
  target.session.credentials = url.credentials;
  target.session.limits = smtp::Limits::bounded(url.timeout, url.final_timeout);
  if (url.tls != smtp::TlsMode::never) target.tls = net::make_client_tls(url.verify, url.ca_file);
  target.url = std::move(url);
  return target;
}

// The next connection would fare no better: opening them is put off.
bool is_of_the_server(smtp::FailureKind kind) {
  return kind == smtp::FailureKind::unavailable || kind == smtp::FailureKind::authentication;
}

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace

struct SmtpProvider::Impl : std::enable_shared_from_this<Impl> {
  using Self = std::shared_ptr<Impl>;

  // What came of one message, and the connection to keep (none: it is closed).
  struct Exchanged {
    Outcome outcome;
    ConnectionPtr connection;
    bool opened = false;  // for this message
  };

  Impl(net::EventLoop& l, smtp::Url url, Mailbox f, Random& random, std::string n)
      : name(std::move(n)),
        loop(l),
        target(target_of(std::move(url))),
        from(std::move(f)),
        pool(target.url.connections, random) {}

  const std::string name;  // of the provider, and so of its log lines
  net::EventLoop& loop;
  SmtpTarget target;
  Mailbox from;
  SmtpPool pool;
  std::set<ConnectionPtr> live;  // all but the idle ones, for the hard end of stop()
  std::size_t quitting = 0;
  bool was_full = false;  // capacity() was 0 when last looked at
  bool stopping = false;
  bool out_of_time = false;
  Task stopped;
  std::unique_ptr<Timer> backoff_timer;
  std::unique_ptr<Timer> idle_timer;
  std::unique_ptr<Timer> stop_timer;
  std::move_only_function<void()> on_capacity;

  std::size_t capacity() const { return stopping ? 0 : pool.capacity(); }
  void send(Attempt attempt, AttemptDone done);
  void stop(std::chrono::milliseconds limit, Task call);

  static net::Awaitable<void> deliver(Self self, ConnectionPtr connection, Attempt attempt, AttemptDone done);
  static net::Awaitable<Exchanged> exchange(Self self, ConnectionPtr connection, Attempt attempt);
  static net::Awaitable<Result<ConnectionPtr, smtp::ConnectionFailure>> open(Self self);
  static net::Awaitable<void> quit(Self self, ConnectionPtr connection);

  void describe(trace::Span& span) const;
  ConnectionPtr new_connection(smtp::TlsMode tls);
  void finish(Exchanged exchanged, AttemptDone done);
  void note_failure(const smtp::ConnectionFailure& failure);
  void notify_capacity();
  void watch_idle();
  void close_idle(std::optional<SteadyTime> limit);
  void end_if_empty();
  void cut_off();
};

void SmtpProvider::Impl::send(Attempt attempt, AttemptDone done) {
  assert(capacity() > 0);
  ConnectionPtr connection = pool.begin();
  if (connection) live.insert(connection);
  was_full = capacity() == 0;
  boost::asio::co_spawn(
      loop.context(), deliver(shared_from_this(), std::move(connection), std::move(attempt), std::move(done)),
      rethrow);
}

net::Awaitable<void> SmtpProvider::Impl::deliver(Self self, ConnectionPtr connection, Attempt attempt,
                                                 AttemptDone done) {
  // Out of send(): its caller sees no outcome before it returns, and attempts begin in the order of the
  // calls.
  co_await boost::asio::post(self->loop.context(), boost::asio::use_awaitable);
  if (connection && !connection->quiet()) {
    self->live.erase(connection);
    connection.reset();
    self->pool.reopen();
  }
  Exchanged exchanged = co_await exchange(self, std::move(connection), std::move(attempt));
  self->finish(std::move(exchanged), std::move(done));
}

net::Awaitable<SmtpProvider::Impl::Exchanged> SmtpProvider::Impl::exchange(Self self,
                                                                           ConnectionPtr connection,
                                                                           Attempt attempt) {
  const Notification& notification = *attempt.notification;
  const auto message = render_message(notification, self->from, attempt.traceparent);
  if (attempt.span) self->describe(*attempt.span);
  bool fresh = false;
  while (true) {
    if (!connection) {
      auto opened = co_await open(self);
      if (!opened)
        co_return Exchanged{.outcome = Transient{.answer = opened.error().text(), .provider_failed = true}};
      connection = std::move(*opened);
      fresh = true;
      if (attempt.span) attempt.span->event("connected");
    }
    if (!message)
      co_return Exchanged{Permanent{"not sent: " + message.error().message}, std::move(connection), fresh};
    smtp::Action action = co_await connection->send(self->from.address, notification.to, *message);
    if (auto* ready = std::get_if<smtp::Ready>(&action))
      co_return Exchanged{std::move(*ready->outcome), std::move(connection), fresh};
    auto& close = std::get<smtp::Close>(action);
    self->live.erase(connection);
    connection.reset();
    // The server let go of a connection it had found idle: the message goes on a new one.
    const bool again = !fresh && close.untouched && !self->stopping;
    if (!again) {
      if (fresh && is_of_the_server(close.failure->kind)) self->note_failure(*close.failure);
      if (auto* transient = std::get_if<Transient>(&*close.outcome)) transient->provider_failed = true;
      co_return Exchanged{.outcome = std::move(*close.outcome)};
    }
    self->pool.reopen();
  }
}

net::Awaitable<Result<ConnectionPtr, smtp::ConnectionFailure>> SmtpProvider::Impl::open(Self self) {
  smtp::TlsMode tls = self->target.url.tls;
  while (true) {
    ConnectionPtr connection = self->new_connection(tls);
    const smtp::Action action = co_await connection->open();
    if (std::holds_alternative<smtp::Ready>(action)) {
      self->pool.opening_ended();
      co_return connection;
    }
    self->live.erase(connection);
    const auto& failure = *std::get<smtp::Close>(action).failure;
    if (failure.kind == smtp::FailureKind::tls && tls == smtp::TlsMode::opportunistic) {
      tls = smtp::TlsMode::never;
      continue;
    }
    self->pool.opening_ended();
    self->note_failure(failure);
    co_return std::unexpected(failure);
  }
}

net::Awaitable<void> SmtpProvider::Impl::quit(Self self, ConnectionPtr connection) {
  co_await connection->quit();
  self->live.erase(connection);
  --self->quitting;
  self->end_if_empty();
}

void SmtpProvider::Impl::describe(trace::Span& span) const {
  span.set("network.protocol.name", "smtp");
  span.set("server.address", target.url.host);
  span.set("server.port", target.url.port);
}

ConnectionPtr SmtpProvider::Impl::new_connection(smtp::TlsMode tls) {
  auto connection =
      std::make_shared<SmtpConnection>(loop.context().get_executor(), target, tls, loop.clock());
  live.insert(connection);
  if (out_of_time) connection->cancel();
  return connection;
}

void SmtpProvider::Impl::finish(Exchanged exchanged, AttemptDone done) {
  if (exchanged.connection) {
    live.erase(exchanged.connection);
    exchanged.connection->idle_since = loop.clock().steady_now();
    if (exchanged.opened && !pool.well()) logging::info(name, "the server takes messages again");
  }
  pool.end(std::move(exchanged.connection), exchanged.opened);
  if (stopping)
    close_idle({});
  else
    watch_idle();
  done(std::move(exchanged.outcome));
  notify_capacity();
  end_if_empty();
}

void SmtpProvider::Impl::note_failure(const smtp::ConnectionFailure& failure) {
  const auto pause = pool.failed(failure.text());
  if (!pause || stopping) return;
  logging::warning(name, "no connection to the server",
                   {{"reason", failure.text()}, {"retry_in_ms", pause->count()}});
  backoff_timer = loop.after(*pause, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->pool.backoff_ended();
    self->notify_capacity();
  });
}

void SmtpProvider::Impl::notify_capacity() {
  if (!was_full || capacity() == 0) {
    was_full = capacity() == 0;
    return;
  }
  was_full = false;
  if (on_capacity) on_capacity();
}

// One timer for all: it looks again when the one that is idle longest is due.
void SmtpProvider::Impl::watch_idle() {
  const auto oldest = pool.oldest_idle();
  if (idle_timer || !oldest) return;
  const auto wait = *oldest + target.url.idle_timeout - loop.clock().steady_now();
  idle_timer =
      loop.after(std::max(std::chrono::ceil<std::chrono::microseconds>(wait), std::chrono::microseconds(1)),
                 [weak = weak_from_this()] {
                   const auto self = weak.lock();
                   if (!self) return;
                   self->idle_timer.reset();
                   self->close_idle(self->loop.clock().steady_now() - self->target.url.idle_timeout);
                   self->watch_idle();
                 });
}

void SmtpProvider::Impl::close_idle(std::optional<SteadyTime> limit) {
  for (ConnectionPtr& connection : pool.take_idle(limit)) {
    live.insert(connection);
    ++quitting;
    boost::asio::co_spawn(loop.context(), quit(shared_from_this(), std::move(connection)), rethrow);
  }
}

void SmtpProvider::Impl::stop(std::chrono::milliseconds limit, Task call) {
  stopping = true;
  stopped = std::move(call);
  backoff_timer.reset();
  idle_timer.reset();
  close_idle({});
  stop_timer = loop.after(limit, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cut_off();
  });
  loop.post([self = shared_from_this()] { self->end_if_empty(); });
}

// Each session that is cut off says what that means for its message: InDoubt or Transient.
void SmtpProvider::Impl::cut_off() {
  out_of_time = true;
  for (const ConnectionPtr& connection : std::set(live)) connection->cancel();
}

void SmtpProvider::Impl::end_if_empty() {
  if (!stopped || pool.busy() > 0 || quitting > 0) return;
  stop_timer.reset();
  std::exchange(stopped, nullptr)();
}

SmtpProvider::SmtpProvider(net::EventLoop& loop, smtp::Url url, Mailbox from, Random& random,
                           std::string name)
    : impl_(std::make_shared<Impl>(loop, std::move(url), std::move(from), random, std::move(name))) {}

SmtpProvider::~SmtpProvider() = default;

std::string_view SmtpProvider::name() const { return impl_->name; }

std::size_t SmtpProvider::capacity() const { return impl_->capacity(); }

void SmtpProvider::send(Attempt attempt, AttemptDone done) {
  impl_->send(std::move(attempt), std::move(done));
}

void SmtpProvider::on_capacity(std::move_only_function<void()> call) { impl_->on_capacity = std::move(call); }

void SmtpProvider::on_receipt(std::move_only_function<void(Receipt, Task)>) {
}  // bounces come as mail, to EMAIL_FROM

void SmtpProvider::stop(std::chrono::milliseconds limit, Task stopped) {
  impl_->stop(limit, std::move(stopped));
}

Health SmtpProvider::health() const {
  return {.part = impl_->name, .well = impl_->pool.well(), .detail = impl_->pool.detail()};
}

}  // namespace vestnik::email
