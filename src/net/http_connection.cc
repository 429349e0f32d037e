#include "net/http_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <exception>

#include "base/logging.h"
#include "net/as_result.h"

namespace vestnik::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Enough for a request of the usual size; grows to what a header may take.
constexpr std::size_t input_bytes_initial = 4096;
// What is read and thrown away after the last answer, so that a close does not reset it away (RFC 9112
// section 9.6).
constexpr std::size_t linger_bytes_max = 1024 * 1024;
constexpr std::chrono::milliseconds linger_deadline{1'000};

Problem timeout_problem() {
  return {408, "timeout", "Request timeout", "The request did not come in time.", "", 0};
}
Problem busy_problem(std::string detail) {
  return {503, "busy", "Service unavailable", std::move(detail), "", 1};
}

}  // namespace

HttpConnection::HttpConnection(HttpShelf& shelf, asio::ip::tcp::socket socket)
    : shelf_(shelf),
      socket_(std::move(socket)),
      reader_({shelf.options.header_bytes_max, shelf.options.body_bytes_max}),
      input_(input_bytes_initial, '\0') {
  shelf_.connections.insert(this);
}

HttpConnection::~HttpConnection() { shelf_.connections.erase(this); }

void HttpConnection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  timed_out_ = false;
  deadline_ = system_clock().steady_now() + limit;
}

void HttpConnection::check_deadline(SteadyTime now) {
  if (now < deadline_) return;
  deadline_ = SteadyTime::max();
  timed_out_ = true;
  if (phase_ == Phase::answer) return give_up_answer("The answer took too long.");
  if (phase_ == Phase::piece) return give_up_piece(BodyPiece::Kind::broken);
  error_code ignored;
  socket_.cancel(ignored);
}

void HttpConnection::drain() {
  if (phase_ == Phase::idle) abort();
  give_up_piece(BodyPiece::Kind::more);  // send_stream() knows what a drain means
}

void HttpConnection::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  give_up_answer("The server stops.");
  give_up_piece(BodyPiece::Kind::broken);
}

void HttpConnection::give_up_answer(std::string reason) {
  if (answer_) give_up(*shelf_.context, answer_, to_response(busy_problem(std::move(reason))));
}

void HttpConnection::give_up_piece(BodyPiece::Kind kind) {
  if (piece_) give_up(*shelf_.context, piece_, BodyPiece{.kind = kind});
}

asio::awaitable<void> HttpConnection::serve() {
  for (;;) {
    const bool complete = co_await read_request();
    if (!complete) co_return;
    const SteadyTime begun_at = system_clock().steady_now();
    bool keep = reader_.keep_alive();
    const BodyFraming streaming = reader_.is_http_1_0() ? BodyFraming::until_close : BodyFraming::chunked;
    HttpRequest request = reader_.take();
    const std::string method = request.method;
    auto route = shelf_.router.find(request);
    HttpResponse response;
    if (route)
      response = co_await answer(std::move(request), *route);
    else
      response = std::move(route.error());
    if (aborted_) co_return;
    if (response.source && streaming == BodyFraming::until_close) keep = false;
    write_head(head_, response, response.source ? streaming : BodyFraming::length, !keep || shelf_.draining,
               shelf_.date.at(system_clock().now()));
    if (method == "HEAD" || response.status == 204 || response.status == 304) {
      response.body.clear();
      response.source.reset();
    }
    bool written = co_await send(std::move(response.body));
    shelf_.metrics.count(method, route ? std::optional(*route) : std::nullopt, response.status,
                         system_clock().steady_now() - begun_at);
    if (written && response.source) written = co_await send_stream(std::move(response.source), streaming);
    if (!written) co_return;
    if (!keep || shelf_.draining) {
      co_await linger();
      co_return;
    }
  }
}

asio::awaitable<void> HttpConnection::refuse() {
  co_await write_refusal(busy_problem("Too many connections are open."));
}

// False: the connection is at its end, and what had to be answered was.
asio::awaitable<bool> HttpConnection::read_request() {
  continue_sent_ = false;
  if (input_begin_ == input_end_ && input_.size() > input_bytes_initial) {
    input_.resize(input_bytes_initial);
    input_.shrink_to_fit();
  }
  enter(Phase::idle, shelf_.options.idle_deadline);
  for (;;) {
    feed();
    if (reader_.state() == HttpReader::State::complete) co_return true;
    if (reader_.state() == HttpReader::State::refused) {
      co_await write_refusal(reader_.refusal());
      co_return false;
    }
    if (reader_.state() == HttpReader::State::body && phase_ != Phase::body)
      enter(Phase::body, shelf_.options.body_deadline);
    if (phase_ == Phase::idle && input_end_ > input_begin_)
      enter(Phase::header, shelf_.options.header_deadline);
    if (!continue_sent_ && input_begin_ == input_end_ && reader_.awaits_continue()) {
      continue_sent_ = true;
      const bool written = co_await write_continue();
      if (!written) co_return false;
    }
    if (shelf_.draining && phase_ == Phase::idle) co_return false;
    const bool more = co_await read_more();
    if (more) continue;
    if (timed_out_ && phase_ != Phase::idle && !aborted_) co_await write_refusal(timeout_problem());
    co_return false;
  }
}

void HttpConnection::feed() {
  if (input_begin_ == input_end_) return;
  const auto used = reader_.feed({input_.data() + input_begin_, input_end_ - input_begin_});
  input_begin_ += used;
  if (used > 0 && phase_ == Phase::idle) enter(Phase::header, shelf_.options.header_deadline);
  if (input_begin_ == input_end_) input_begin_ = input_end_ = 0;
}

asio::awaitable<bool> HttpConnection::read_more() {
  if (input_end_ == input_.size() && input_begin_ > 0) {
    input_.erase(0, input_begin_);
    input_end_ -= input_begin_;
    input_begin_ = 0;
    input_.resize(std::max(input_.size(), input_bytes_initial));
  }
  // The reader refuses before it wants more than this at once (HttpReader::feed).
  if (input_end_ == input_.size())
    input_.resize(std::min(2 * input_.size(), shelf_.options.header_bytes_max + 4096));
  const auto [error, count] = co_await socket_.async_read_some(
      asio::buffer(input_.data() + input_end_, input_.size() - input_end_), as_result);
  input_end_ += count;
  co_return !error && !aborted_ && !timed_out_;
}

asio::awaitable<bool> HttpConnection::write_continue() {
  constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto [error, count] =
      co_await asio::async_write(socket_, asio::buffer(line.data(), line.size()), as_result);
  co_return !error && !aborted_;
}

asio::awaitable<HttpResponse> HttpConnection::answer(HttpRequest request, std::size_t route) {
  const auto slot = std::make_shared<HttpSlot<HttpResponse>>();
  try {
    shelf_.router.routes()[route].handler(std::move(request),
                                          Respond(HttpDelivery<HttpResponse>{shelf_.context, slot}));
  } catch (const std::exception& e) {
    // Its Respond was dropped on the way here, which answers 500.
    logging::error("http", "a handler failed",
                   {{"route", shelf_.router.routes()[route].path}, {"reason", e.what()}});
  }
  if (!slot->value && !aborted_) {
    enter(Phase::answer, shelf_.options.answer_deadline);
    answer_ = slot;
    co_await resumed(*slot);
    answer_.reset();
  }
  co_return slot->value ? std::move(*slot->value) : HttpResponse{};
}

// What is in head_, then `body`.
asio::awaitable<bool> HttpConnection::send(std::string body) {
  std::array<asio::const_buffer, 2> bytes{asio::buffer(head_), asio::buffer(body)};
  if (body.size() <= input_bytes_initial) {
    head_ += body;
    bytes = {asio::buffer(head_), asio::const_buffer()};
  }
  // An answer nearly always fits into the socket's buffer: one call and no wait.
  error_code error;
  std::size_t written = socket_.write_some(bytes, error);
  const std::size_t total = bytes[0].size() + bytes[1].size();
  if (!error && written == total) co_return true;
  if (error && error != asio::error::would_block) co_return false;
  enter(Phase::write, shelf_.options.write_deadline);
  const std::size_t of_head = std::min(written, bytes[0].size());
  bytes[0] += of_head;
  bytes[1] += written - of_head;
  const auto [late_error, count] = co_await asio::async_write(socket_, bytes, as_result);
  co_return !late_error && !aborted_ && !timed_out_;
}

asio::awaitable<void> HttpConnection::write_refusal(Problem problem) {
  const int status = problem.status;
  HttpResponse response = to_response(problem);
  write_head(head_, response, BodyFraming::length, true, shelf_.date.at(system_clock().now()));
  const bool written = co_await send(std::move(response.body));
  shelf_.metrics.count("other", std::nullopt, status, {});
  if (written && !aborted_) co_await linger();
}

asio::awaitable<void> HttpConnection::linger() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  enter(Phase::linger, linger_deadline);
  for (std::size_t total = 0; !error && !timed_out_ && !aborted_ && total < linger_bytes_max;) {
    const auto [read_error, count] = co_await socket_.async_read_some(asio::buffer(input_), as_result);
    error = read_error;
    total += count;
  }
}

}  // namespace vestnik::net
