#include "net/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <mutex>
#include <pthread.h>
#include <stdexcept>
#include <thread>

#include "base/logging.h"
#include "net/as_result.h"
#include "net/http_connection.h"

namespace vestnik::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Deadlines are looked at this often; a timer of its own per wait would cost more than the wait.
constexpr std::chrono::milliseconds deadline_tick{100};
// Connections beyond the limit that may be told so at the same moment, per thread; further ones are just
// closed.
constexpr std::size_t refusals_max = 64;
constexpr std::chrono::milliseconds accept_pause{100};  // out of file descriptors

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Counts the connections of all threads against the limit, and the threads that still have some.
struct Shared {
  std::atomic<std::size_t> open{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t workers_busy = 0;  // under mutex
};

class Worker {
 public:
  Worker(const HttpServerOptions& options, const Router& router, Metrics& metrics, Shared& shared,
         tcp::endpoint endpoint)
      : options_(options),
        shared_(shared),
        context_(std::make_shared<asio::io_context>(1)),
        shelf_{options, router, context_, HttpMetrics(router, metrics), {}, {}, false},
        acceptor_(*context_),
        pause_(*context_),
        ticker_(*context_),
        work_(asio::make_work_guard(*context_)) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.set_option(ReusePort(true));
    acceptor_.set_option(tcp::no_delay(true));  // Linux hands it on to what is accepted
    acceptor_.bind(endpoint);
    acceptor_.listen(asio::socket_base::max_listen_connections);
  }

  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  void start(unsigned number) {
    asio::co_spawn(*context_, accept(), asio::detached);
    thread_ = std::thread([this, number] {
      pthread_setname_np(pthread_self(), ("http-" + std::to_string(number)).c_str());
      try {
        context_->run();
      } catch (const std::exception& e) {
        logging::error("http", "the server failed and the process can't go on", {{"reason", e.what()}});
        std::abort();
      }
    });
  }

  void begin_drain() {
    asio::post(*context_, [this] {
      shelf_.draining = true;
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      for (HttpConnection* connection : shelf_.connections) connection->drain();
      note_if_drained();
    });
  }

  void abort_connections() {
    asio::post(*context_, [this] {
      for (HttpConnection* connection : shelf_.connections) connection->abort();
    });
  }

  // All connections are gone.
  void join() {
    asio::post(*context_, [this] { ticker_.cancel(); });
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }

 private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(as_result);
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
      if (error) {
        if (error == asio::error::connection_aborted) continue;
        logging::warning("http", "can't accept a connection", {{"reason", error.message()}});
        pause_.expires_after(accept_pause);
        co_await pause_.async_wait(as_result);
        continue;
      }
      error_code ignored;
      socket.non_blocking(true, ignored);
      if (shared_.open.fetch_add(1) < options_.connections_max) {
        ++live_;
        asio::co_spawn(*context_, serve(std::move(socket)), asio::detached);
      } else {
        shared_.open.fetch_sub(1);
        shelf_.metrics.connection_refused();
        if (refusals_ == refusals_max) continue;
        ++refusals_;
        asio::co_spawn(*context_, refuse(std::move(socket)), asio::detached);
      }
      arm_ticker();
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    shelf_.metrics.connection_opened();
    {
      HttpConnection connection(shelf_, std::move(socket));
      co_await connection.serve();
    }
    shelf_.metrics.connection_closed();
    shared_.open.fetch_sub(1);
    --live_;
    note_if_drained();
  }

  asio::awaitable<void> refuse(tcp::socket socket) {
    {
      HttpConnection connection(shelf_, std::move(socket));
      co_await connection.refuse();
    }
    --refusals_;
    note_if_drained();
  }

  void arm_ticker() {
    if (ticking_) return;
    ticking_ = true;
    ticker_.expires_after(deadline_tick);
    ticker_.async_wait([this](const error_code& error) {
      ticking_ = false;
      if (error) return;
      const SteadyTime now = system_clock().steady_now();
      for (HttpConnection* connection : shelf_.connections) connection->check_deadline(now);
      if (live_ + refusals_ > 0) arm_ticker();
    });
  }

  void note_if_drained() {
    if (!shelf_.draining || drained_ || live_ + refusals_ > 0) return;
    drained_ = true;
    std::lock_guard lock(shared_.mutex);
    --shared_.workers_busy;
    shared_.changed.notify_all();
  }

  const HttpServerOptions& options_;
  Shared& shared_;
  std::shared_ptr<asio::io_context> context_;
  HttpShelf shelf_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  asio::steady_timer ticker_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::size_t live_ = 0;      // connections being served
  std::size_t refusals_ = 0;  // connections being told that they are one too many
  bool ticking_ = false;
  bool drained_ = false;
  std::thread thread_;
};

tcp::endpoint resolve(const HttpServerOptions& options) {
  asio::io_context context;
  error_code error;
  const auto found = tcp::resolver(context).resolve(options.host, std::to_string(options.port),
                                                    tcp::resolver::passive, error);
  if (error || found.empty())
    throw std::runtime_error(
        "the HTTP host \"" + options.host +
        "\" is not an address of this machine; set VESTNIK_HOST, for example to 127.0.0.1");
  // "localhost" may be ::1 first; people and programs then try 127.0.0.1 and find nobody.
  for (const auto& entry : found)
    if (entry.endpoint().protocol() == tcp::v4()) return entry.endpoint();
  return found.begin()->endpoint();
}

[[noreturn]] void throw_bind_error(const tcp::endpoint& endpoint, const error_code& error) {
  const std::string port = std::to_string(endpoint.port());
  if (error == asio::error::address_in_use)
    throw std::runtime_error("port " + port + " is taken by another process; stop it (ss -ltnp 'sport = :" +
                             port + "' names it) or set PORT to a free one");
  if (error == asio::error::access_denied)
    throw std::runtime_error("port " + port + " needs a privilege; set PORT to one above 1023");
  throw std::runtime_error("can't listen on " + endpoint.address().to_string() + " port " + port + ": " +
                           error.message() + "; check VESTNIK_HOST and PORT");
}

// SO_REUSEPORT would let a second process of the same user share the port in silence: a bind without it finds
// out.
void check_port_free(const tcp::endpoint& endpoint) {
  asio::io_context context;
  tcp::acceptor probe(context);
  error_code error;
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  if (error) throw_bind_error(endpoint, error);
}

class Server final : public HttpServer {
 public:
  Server(const HttpServerOptions& options, Router router, Metrics& metrics)
      : options_(options), router_(std::move(router)) {
    tcp::endpoint endpoint = resolve(options_);
    check_port_free(endpoint);
    const unsigned threads = std::max(1U, options_.threads);
    try {
      for (unsigned i = 0; i < threads; ++i) {
        workers_.push_back(std::make_unique<Worker>(options_, router_, metrics, shared_, endpoint));
        endpoint = workers_.front()->endpoint();  // port 0 became a real one
      }
    } catch (const boost::system::system_error& e) {
      throw_bind_error(endpoint, e.code());
    }
    port_ = endpoint.port();
    shared_.workers_busy = threads;
    for (unsigned i = 0; i < threads; ++i) workers_[i]->start(i);
  }
  ~Server() override { stop(std::chrono::milliseconds(0)); }

  std::uint16_t port() const override { return port_; }

  void stop(std::chrono::milliseconds limit) override {
    if (std::exchange(stopped_, true)) return;
    for (auto& worker : workers_) worker->begin_drain();
    std::unique_lock lock(shared_.mutex);
    const auto all_drained = [this] { return shared_.workers_busy == 0; };
    if (!shared_.changed.wait_for(lock, limit, all_drained)) {
      for (auto& worker : workers_) worker->abort_connections();
      shared_.changed.wait(lock, all_drained);
    }
    lock.unlock();
    for (auto& worker : workers_) worker->join();
  }

 private:
  const HttpServerOptions options_;
  const Router router_;
  Shared shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<HttpServer> HttpServer::listen(const HttpServerOptions& options, Router router,
                                               Metrics& metrics) {
  return std::make_unique<Server>(options, std::move(router), metrics);
}

}  // namespace vestnik::net
