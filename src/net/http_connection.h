// One connection of the HTTP server, and the thread that has it. Everything here lives on that thread.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "net/http_metrics.h"
#include "net/http_reader.h"
#include "net/http_server.h"
#include "net/http_slot.h"
#include "net/http_writer.h"

namespace vestnik::net {

class HttpConnection;

// What the connections of one thread share.
struct HttpShelf {
  const HttpServerOptions& options;
  const Router& router;
  // Answers that come late, from other threads, keep the context alive until they are dropped.
  std::shared_ptr<boost::asio::io_context> context;
  HttpMetrics metrics;
  HttpDate date;
  std::unordered_set<HttpConnection*> connections;
  bool draining = false;
};

class HttpConnection {
 public:
  HttpConnection(HttpShelf& shelf, boost::asio::ip::tcp::socket socket);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Serves requests until the connection ends.
  boost::asio::awaitable<void> serve();
  // One connection too many: answers 503 and closes.
  boost::asio::awaitable<void> refuse();

  // The next three never end the connection before they return.
  // Ends the present wait if its deadline has passed.
  void check_deadline(SteadyTime now);
  // The server drains: an idle connection ends now, another after its answer, a streamed answer as it is.
  void drain();
  // Ends every wait.
  void abort();

 private:
  enum class Phase { idle, header, body, answer, write, piece, linger };

  boost::asio::awaitable<bool> read_request();
  boost::asio::awaitable<bool> read_more();
  boost::asio::awaitable<bool> write_continue();
  boost::asio::awaitable<HttpResponse> answer(HttpRequest request, std::size_t route);
  boost::asio::awaitable<bool> send(std::string body);
  boost::asio::awaitable<bool> send_stream(std::unique_ptr<BodySource> source, BodyFraming framing);
  boost::asio::awaitable<BodyPiece> next_piece(BodySource& source);
  boost::asio::awaitable<void> write_refusal(Problem problem);
  boost::asio::awaitable<void> linger();
  void enter(Phase phase, std::chrono::milliseconds limit);
  void feed();
  // These two do nothing where none is awaited.
  void give_up_answer(std::string reason);
  void give_up_piece(BodyPiece::Kind kind);
  void watch_for_the_end(std::weak_ptr<void> streaming);

  HttpShelf& shelf_;
  boost::asio::ip::tcp::socket socket_;
  HttpReader reader_;
  std::string input_;  // bytes [input_begin_, input_end_) are read and not yet used
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::string head_;
  Phase phase_ = Phase::idle;
  SteadyTime deadline_ = SteadyTime::max();
  bool timed_out_ = false;
  bool aborted_ = false;
  bool continue_sent_ = false;
  std::shared_ptr<HttpSlot<HttpResponse>> answer_;  // while an answer is awaited
  std::shared_ptr<HttpSlot<BodyPiece>> piece_;      // while the next piece of one is
};

}  // namespace vestnik::net
