// One bind: connects, drives an smpp::Session over a net::Stream, connects again when the link is lost.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "delivery/backoff.h"
#include "net/event_loop.h"
#include "net/stream.h"
#include "sms/smpp/session.h"

namespace vestnik::sms {

struct LinkOptions {
  std::string provider = "smpp";  // for log lines
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<boost::asio::ssl::context> tls;  // empty: in the clear
  smpp::SessionOptions session;
  std::chrono::milliseconds connect_limit{10'000};  // resolving, connecting, handshake
  // Receipts told and not yet recorded, of this connection and of earlier ones. Those beyond it are refused
  // for the time being, so that a ledger that stands still fills no memory. Two of the engine's batches.
  std::size_t receipts_max = 1024;
  // A peer that takes no bytes for so long is gone. Less than the session's response_limit, which begins
  // after it.
  std::chrono::milliseconds write_limit{10'000};
  delivery::Backoff reconnect{std::chrono::milliseconds(500), std::chrono::milliseconds(30'000)};
};

// Lives on the loop: all calls happen on its thread. Two coroutines, one reading and connecting, one writing
// all that is there in one go; both hold the link, so it outlives its owner by the time they need to notice.
class SmppLink : public std::enable_shared_from_this<SmppLink> {
 public:
  // Told on the loop's thread; none of these may destroy the link.
  class Owner {
   public:
    virtual void link_answered(smpp::SubmitToken token, Outcome outcome) = 0;
    // `recorded` may be called on the loop's thread at any time, also when the link is gone.
    virtual void link_receipt(smpp::DeliveryReceipt receipt, Task recorded) = 0;
    virtual void link_changed() = 0;  // free() or problem() may be other than before
    virtual void link_stopped() = 0;  // once, after stop() or abort()

   protected:
    ~Owner() = default;
  };

  SmppLink(net::EventLoop& loop, LinkOptions options, Owner& owner, Random& random);

  void start();
  std::size_t free();
  // While free() > 0; further parts of one message may follow beyond it and wait in the session.
  void submit(smpp::SubmitToken token, smpp::ShortMessage message);
  // Unbinds and doesn't connect again.
  void stop();
  // Drops the connection at once and doesn't connect again.
  void abort();
  // The owner goes away; it is told nothing any more.
  void abandon();

  bool bound() const { return session_ && session_->bound(); }
  bool throttled() const { return session_ && session_->throttled(); }
  // Why it isn't bound, for people.
  const std::string& problem() const { return problem_; }

 private:
  static net::Awaitable<void> run(std::shared_ptr<SmppLink> self);
  static net::Awaitable<void> write_output(std::shared_ptr<SmppLink> self);
  net::Awaitable<bool> connect();
  net::Awaitable<void> read_input();
  net::Awaitable<void> finish();

  SteadyTime now() const;
  void session_stepped();
  void tell(std::vector<smpp::Event> events);
  void handle(smpp::Event event);
  void pass_on(smpp::ReceiptCame came);
  void receipt_recorded(std::uint64_t connection, smpp::ReceiptToken token);
  void arm_tick();
  void report_lost();

  net::EventLoop& loop_;
  LinkOptions options_;
  Owner* owner_;
  Random& random_;

  std::unique_ptr<net::Stream> stream_;
  std::optional<smpp::Session> session_;  // from connected until finish()
  boost::asio::steady_timer wake_;        // the writer waits here for output
  boost::asio::steady_timer writer_done_;
  boost::asio::steady_timer retry_;
  std::unique_ptr<Timer> tick_;
  SteadyTime tick_at_ = SteadyTime::max();
  std::uint64_t connection_ = 0;  // its number: a token is of one session
  std::size_t receipts_open_ = 0;
  std::size_t answers_untold_ = 0;  // the session has them, the owner not yet
  std::uint64_t handed_ = 0;        // bytes given to stream_->write()
  bool writing_ = false;            // write_output() runs
  bool closing_ = false;            // the session is over; what is left of its output is still written
  bool broken_ = false;             // the stream is over
  bool stopping_ = false;
  int failures_ = 0;  // connections in a row that did not last
  std::optional<SteadyTime> bound_at_;
  std::string problem_ = "not yet connected";
};

}  // namespace vestnik::sms
