// How a connection sends an answer whose body is made meanwhile (BodySource).
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>
#include <fmt/format.h>
#include <sys/socket.h>

#include "base/logging.h"
#include "net/http_connection.h"

namespace vestnik::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class CountedStream {
 public:
  explicit CountedStream(HttpMetrics& metrics) : metrics_(metrics) { metrics_.stream_opened(); }
  ~CountedStream() { metrics_.stream_closed(); }
  CountedStream(const CountedStream&) = delete;
  CountedStream& operator=(const CountedStream&) = delete;

 private:
  HttpMetrics& metrics_;
};

// The end of the connection or an error of it, and not bytes that wait to be read.
bool has_ended(int socket) {
  char byte = 0;
  const auto got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

// Makes `head` and `bytes` a chunk (RFC 9112 section 7.1). One of no bytes would be the last one.
void put_chunk(std::string& head, std::string& bytes, bool last) {
  if (!bytes.empty()) {
    head = fmt::format("{:x}\r\n", bytes.size());
    bytes += "\r\n";
  }
  if (last) bytes += "0\r\n\r\n";
}

}  // namespace

// False: the connection can't be used any more.
asio::awaitable<bool> HttpConnection::send_stream(std::unique_ptr<BodySource> source, BodyFraming framing) {
  const CountedStream counted(shelf_.metrics);
  const auto streaming = std::make_shared<int>();
  watch_for_the_end(streaming);
  for (bool more = true; more;) {
    BodyPiece piece = co_await next_piece(*source);
    // A drain waits for no source: what may end here is ended, the rest is cut.
    if (shelf_.draining && piece.kind == BodyPiece::Kind::more)
      piece.kind = source->whole_at_any_time() ? BodyPiece::Kind::end : BodyPiece::Kind::broken;
    if (aborted_) co_return false;
    if (piece.kind == BodyPiece::Kind::broken) {
      error_code ignored;
      // Where the close is the end of the body, only a reset is none (RFC 9112 section 8). Closed here: Asio
      // would take the option back when the socket is destroyed.
      if (framing == BodyFraming::until_close)
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
      socket_.close(ignored);
      co_return false;
    }
    more = piece.kind == BodyPiece::Kind::more;
    head_.clear();
    if (framing == BodyFraming::chunked) put_chunk(head_, piece.bytes, !more);
    if (head_.empty() && piece.bytes.empty()) continue;
    const bool sent = co_await send(std::move(piece.bytes));
    if (!sent) co_return false;
  }
  co_return true;
}

asio::awaitable<BodyPiece> HttpConnection::next_piece(BodySource& source) {
  // What was awaited before this has come; the deadline of that is none for the stream, however long it
  // lasts.
  phase_ = Phase::piece;
  deadline_ = SteadyTime::max();
  // A source that always has something and a client that always takes it leave the thread to others too.
  co_await asio::post(*shelf_.context, asio::use_awaitable);
  if (shelf_.draining || aborted_) co_return BodyPiece();
  const auto slot = std::make_shared<HttpSlot<BodyPiece>>();
  try {
    source.next(HttpDelivery<BodyPiece>{shelf_.context, slot});
  } catch (const std::exception& e) {
    logging::error("http", "a streamed answer failed", {{"reason", e.what()}});
    co_return BodyPiece{.kind = BodyPiece::Kind::broken};
  }
  if (!slot->value) {
    enter(Phase::piece, shelf_.options.answer_deadline);
    piece_ = slot;
    co_await resumed(*slot);
    piece_.reset();
  }
  co_return std::move(*slot->value);
}

// A client that leaves is noticed at once, not when something comes to be written: whoever looks in again and
// again would use up the places of those who stay. One that only ends its own direction is taken to have
// left. `streaming`: gone when the stream has ended, and perhaps the connection with it.
void HttpConnection::watch_for_the_end(std::weak_ptr<void> streaming) {
  socket_.async_wait(asio::socket_base::wait_type::wait_read,
                     [this, streaming = std::move(streaming)](const error_code& error) {
                       if (error || streaming.expired() || !has_ended(socket_.native_handle())) return;
                       abort();
                     });
}

}  // namespace vestnik::net
