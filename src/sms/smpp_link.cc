#include "sms/smpp_link.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "net/as_result.h"

namespace vestnik::sms {
namespace {

namespace asio = boost::asio;
using net::as_result;
using namespace std::chrono_literals;

// A few hundred responses at a time.
constexpr std::size_t read_buffer_bytes = 32 * 1024;
// What is left to say when a session is over (unbind_resp, generic_nack) gets no more time than this.
constexpr std::chrono::seconds last_write_limit{1};
// A link that was bound for so long was a good one: the next connection is tried soon.
constexpr std::chrono::seconds lasting{10};

}  // namespace

SmppLink::SmppLink(net::EventLoop& loop, LinkOptions options, Owner& owner, Random& random)
    : loop_(loop),
      options_(std::move(options)),
      owner_(&owner),
      random_(random),
      wake_(loop.context()),
      writer_done_(loop.context()),
      retry_(loop.context()) {}

SteadyTime SmppLink::now() const { return loop_.clock().steady_now(); }

void SmppLink::start() { asio::co_spawn(loop_.context(), run(shared_from_this()), asio::detached); }

// All answers of one read have freed their places before the first is told. Whoever is told must not find the
// places of the others free: it would send more than a crash may leave in doubt.
std::size_t SmppLink::free() {
  if (!session_ || closing_ || stopping_) return 0;
  const std::size_t free = session_->free(now());
  return free - std::min(free, answers_untold_);
}

void SmppLink::submit(smpp::SubmitToken token, smpp::ShortMessage message) {
  if (!session_) {
    if (owner_)
      owner_->link_answered(token, Transient{.answer = "not bound", .provider_failed = true, .unsent = true});
    return;
  }
  session_->submit(token, std::move(message), now());
  // The writer runs after this turn, so all that is submitted in it goes out in one write.
  wake_.cancel();
  arm_tick();
}

void SmppLink::stop() {
  stopping_ = true;
  retry_.cancel();
  if (session_) {
    session_->unbind(now());
    session_stepped();
  } else if (stream_) {
    stream_->cancel();
  }
}

void SmppLink::abort() {
  stopping_ = true;
  broken_ = true;
  retry_.cancel();
  wake_.cancel();
  if (stream_) stream_->cancel();
}

void SmppLink::abandon() {
  owner_ = nullptr;
  abort();
}

net::Awaitable<void> SmppLink::run(std::shared_ptr<SmppLink> self) {
  while (!self->stopping_) {
    self->closing_ = self->broken_ = false;
    self->bound_at_.reset();
    const bool connected = co_await self->connect();
    if (connected) co_await self->read_input();
    co_await self->finish();
    if (self->stopping_) break;
    const bool lasted = self->bound_at_ && self->now() - *self->bound_at_ >= lasting;
    self->failures_ = lasted ? 1 : self->failures_ + 1;
    self->retry_.expires_after(self->options_.reconnect.after(self->failures_, self->random_));
    co_await self->retry_.async_wait(as_result);
  }
  self->problem_ = "stopped";
  if (self->owner_) self->owner_->link_stopped();
}

net::Awaitable<bool> SmppLink::connect() {
  stream_ = std::make_unique<net::Stream>(loop_.context().get_executor());
  const SteadyTime deadline = now() + options_.connect_limit;
  auto connected = co_await stream_->connect(options_.host, options_.port, deadline);
  if (connected && options_.tls)
    connected = co_await stream_->start_tls(options_.tls, options_.host, deadline);
  if (!connected) {
    problem_ = "can't connect: " + connected.error().message;
    logging::debug(options_.provider, "can't connect", {{"reason", connected.error().message}});
    if (owner_) owner_->link_changed();
    co_return false;
  }
  problem_ = "connected, not yet bound";
  handed_ = 0;
  ++connection_;
  session_.emplace(options_.session, now());
  writing_ = true;
  asio::co_spawn(loop_.context(), write_output(shared_from_this()), asio::detached);
  arm_tick();
  // stop() may have come while the last wait ended.
  if (stopping_) stop();
  co_return true;
}

net::Awaitable<void> SmppLink::read_input() {
  std::vector<char> buffer(read_buffer_bytes);
  // The session asks and closes long before this; it is there in case that fails.
  const auto limit = options_.session.enquire_link_idle + options_.session.enquire_link_limit +
                     options_.session.bind_limit + options_.session.unbind_limit;
  while (!broken_) {
    auto count = co_await stream_->read_some(buffer, now() + limit);
    if (!count) {
      if (!closing_) problem_ = "the link was lost: " + count.error().message;
      break;
    }
    session_->feed({buffer.data(), *count}, now());
    session_stepped();
  }
}

net::Awaitable<void> SmppLink::write_output(std::shared_ptr<SmppLink> self) {
  while (!self->broken_) {
    const std::string output = self->session_->take_output(self->now());
    if (output.empty()) {
      if (self->closing_) break;
      self->wake_.expires_at(SteadyTime::max());
      co_await self->wake_.async_wait(as_result);
      continue;
    }
    self->handed_ += output.size();
    const auto limit = self->closing_ ? last_write_limit : self->options_.write_limit;
    auto written = co_await self->stream_->write(output, self->now() + limit);
    self->session_->wrote(self->stream_->bytes_written(), self->now());
    if (!written) {
      if (!self->closing_ && !self->broken_) self->problem_ = "the link was lost: " + written.error().message;
      break;
    }
    self->session_stepped();
  }
  self->writing_ = false;
  self->broken_ = true;
  self->stream_->cancel();
  self->writer_done_.cancel();
}

// The stream is over: ends the writer, whose count of bytes decides what is in doubt, then the session.
net::Awaitable<void> SmppLink::finish() {
  broken_ = true;
  stream_->cancel();
  wake_.cancel();
  while (writing_) {
    writer_done_.expires_at(SteadyTime::max());
    co_await writer_done_.async_wait(as_result);
  }
  tick_.reset();
  tick_at_ = SteadyTime::max();
  if (session_) {
    // Over TLS a record that was begun may be whole on the other side: what was handed over counts.
    const std::uint64_t reached = stream_->is_tls() ? handed_ : stream_->bytes_written();
    report_lost();
    session_->end(reached);
    std::vector<smpp::Event> events = session_->take_events();
    session_.reset();
    tell(std::move(events));
  }
  stream_->close();
  stream_.reset();
  if (owner_) owner_->link_changed();
}

void SmppLink::report_lost() {
  if (stopping_ && session_->unanswered() == 0) return;
  logging::warning(options_.provider, "link lost",
                   {{"reason", problem_}, {"unanswered", static_cast<std::int64_t>(session_->unanswered())}});
}

// After every step of the session: what it says is passed on, what it wants written wakes the writer.
void SmppLink::session_stepped() {
  tell(session_->take_events());
  wake_.cancel();
  arm_tick();
  if (owner_) owner_->link_changed();
}

void SmppLink::tell(std::vector<smpp::Event> events) {
  answers_untold_ += static_cast<std::size_t>(std::ranges::count_if(
      events, [](const smpp::Event& event) { return std::holds_alternative<smpp::Answered>(event); }));
  for (smpp::Event& event : events) handle(std::move(event));
}

void SmppLink::handle(smpp::Event event) {
  std::visit(Overloaded{
                 [&](smpp::Bound&) {
                   bound_at_ = now();
                   problem_.clear();
                   logging::info(options_.provider, "bound", {{"window", options_.session.window}});
                 },
                 [&](smpp::Answered& answered) {
                   --answers_untold_;
                   if (owner_) owner_->link_answered(answered.token, std::move(answered.outcome));
                 },
                 [&](smpp::ReceiptCame& came) {
                   if (owner_) pass_on(std::move(came));
                 },
                 [&](smpp::Closed& closed) {
                   closing_ = true;
                   switch (closed.reason) {
                     case smpp::CloseReason::bind_refused: problem_ = "bind refused: " + closed.detail; break;
                     case smpp::CloseReason::unbound: problem_ = "unbound"; break;
                     case smpp::CloseReason::peer_unbound: problem_ = "the peer has unbound"; break;
                     case smpp::CloseReason::bind_unanswered:
                     case smpp::CloseReason::protocol_error:
                     case smpp::CloseReason::enquire_link_unanswered: problem_ = closed.detail; break;
                   }
                 },
             },
             event);
}

void SmppLink::pass_on(smpp::ReceiptCame came) {
  if (receipts_open_ >= options_.receipts_max) {
    if (session_) session_->receipt_refused(came.token);
    return;
  }
  ++receipts_open_;
  owner_->link_receipt(std::move(came.receipt),
                       [here = weak_from_this(), connection = connection_, token = came.token] {
                         if (const auto self = here.lock()) self->receipt_recorded(connection, token);
                       });
}

void SmppLink::receipt_recorded(std::uint64_t connection, smpp::ReceiptToken token) {
  --receipts_open_;
  // Of a connection that is over: the peer has not heard of it and sends it again, which changes nothing
  // then.
  if (!session_ || connection != connection_) return;
  session_->receipt_recorded(token);
  session_stepped();
}

// Kept if it fires early enough; firing too early costs one look at the session.
void SmppLink::arm_tick() {
  const SteadyTime at = session_->next_deadline(now());
  if (at == SteadyTime::max() || (tick_ && tick_at_ <= at)) return;
  tick_at_ = at;
  const auto delay = std::max(std::chrono::ceil<std::chrono::microseconds>(at - now()), 0us);
  tick_ = loop_.after(delay, [here = weak_from_this()] {
    const std::shared_ptr<SmppLink> self = here.lock();
    if (!self || !self->session_) return;
    // The timer stays until the next is made: this very function is part of it.
    self->tick_at_ = SteadyTime::max();
    self->session_->tick(self->now());
    self->session_stepped();
  });
}

}  // namespace vestnik::sms
