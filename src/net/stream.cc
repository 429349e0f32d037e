#include "net/stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>

#include "net/as_result.h"

namespace vestnik::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::unexpected<StreamError> stream_failure(const error_code& error, bool timed_out, bool cancelled) {
  if (cancelled) return fail(StreamErrorKind::cancelled, "cancelled");
  if (timed_out) return fail(StreamErrorKind::timeout, "no answer in time");
  if (error == asio::error::eof || error == asio::error::connection_reset ||
      error == asio::error::broken_pipe || error == asio::ssl::error::stream_truncated)
    return fail(StreamErrorKind::closed, "the peer closed the connection");
  if (error.category() == asio::error::get_ssl_category()) return fail(StreamErrorKind::tls, error.message());
  return fail(StreamErrorKind::io, error.message());
}

}  // namespace

// Reading and writing go on at the same time and each has its own deadline; connecting and the handshake use
// the reader's. A deadline that passes, like cancel(), closes the socket: merely cancelling would reach only
// what waits at that moment, and an operation of several steps (a long write, a handshake) would go on with
// its next one.
struct Stream::Impl {
  struct Limit {
    asio::steady_timer timer;
    std::uint64_t armed =
        0;  // counts arm() and disarm(): a timer's handler knows by it whether it still counts
    bool passed = false;
  };

  // getaddrinfo() can't be interrupted, so nobody waits for it directly: a name server that is silent costs
  // the deadline and no more, and its late answer finds nobody.
  struct Lookup {
    asio::steady_timer ended;
    bool finished = false;
    error_code error;
    tcp::resolver::results_type addresses;
  };

  explicit Impl(asio::any_io_executor e)
      : executor(std::move(e)),
        socket(executor),
        reading{asio::steady_timer(executor)},
        writing{asio::steady_timer(executor)},
        resolver(executor) {}

  asio::any_io_executor executor;
  tcp::socket socket;
  Limit reading;
  Limit writing;
  tcp::resolver resolver;
  std::weak_ptr<Lookup> lookup;
  std::shared_ptr<asio::ssl::context> tls_context;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::uint64_t written = 0;
  bool cancelled = false;

  void abort_operations() {
    error_code ignored;
    resolver.cancel();
    if (const auto waiting = lookup.lock()) waiting->ended.cancel();
    socket.close(ignored);
  }

  void arm(Limit& limit, Deadline deadline) {
    limit.passed = false;
    limit.timer.expires_at(deadline);
    limit.timer.async_wait(
        [this, &limit, here = std::weak_ptr(alive), mine = ++limit.armed](const error_code& error) {
          if (error || here.expired() || mine != limit.armed) return;
          limit.passed = true;
          abort_operations();
        });
  }
  static void disarm(Limit& limit) {
    ++limit.armed;
    limit.timer.cancel();
  }

  std::shared_ptr<Lookup> look_up(const std::string& host, std::uint16_t port, Deadline deadline) {
    const auto begun = std::make_shared<Lookup>(Lookup{asio::steady_timer(executor, deadline)});
    lookup = begun;
    resolver.async_resolve(host, std::to_string(port),
                           [begun](const error_code& error, tcp::resolver::results_type addresses) {
                             begun->finished = true;
                             begun->error = error;
                             begun->addresses = std::move(addresses);
                             begun->ended.cancel();
                           });
    return begun;
  }

  bool timed_out() const { return reading.passed || writing.passed; }
  // No operation may begin: cancel() or a deadline came while none was pending to be aborted by it.
  bool aborted() const { return cancelled || timed_out(); }
  std::unexpected<StreamError> failure(const error_code& error) const {
    return stream_failure(error, timed_out(), cancelled);
  }
};

Stream::Stream(asio::any_io_executor executor) : impl_(std::make_unique<Impl>(std::move(executor))) {}

Stream::~Stream() = default;

Awaitable<StreamResult<void>> Stream::connect(std::string host, std::uint16_t port, Deadline deadline) {
  Impl& s = *impl_;
  if (s.aborted()) co_return s.failure({});
  const auto lookup = s.look_up(host, port, deadline);
  co_await lookup->ended.async_wait(as_result);
  if (s.aborted()) co_return s.failure({});
  if (!lookup->finished) co_return fail(StreamErrorKind::timeout, "no answer from the name service in time");
  if (lookup->error) co_return fail(StreamErrorKind::resolve, lookup->error.message());
  s.arm(s.reading, deadline);
  auto [error, endpoint] = co_await asio::async_connect(s.socket, lookup->addresses, as_result);
  s.disarm(s.reading);
  if (error || s.aborted()) {
    if (s.aborted()) co_return s.failure(error);
    co_return fail(StreamErrorKind::connect, error.message());
  }
  error_code ignored;
  s.socket.set_option(tcp::no_delay(true), ignored);
  co_return StreamResult<void>();
}

Awaitable<StreamResult<void>> Stream::start_tls(std::shared_ptr<asio::ssl::context> context, std::string host,
                                                Deadline deadline) {
  Impl& s = *impl_;
  if (s.aborted()) co_return s.failure({});
  s.tls_context = std::move(context);
  s.tls.emplace(s.socket, *s.tls_context);
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(s.tls->native_handle(), host.c_str());  // SNI takes names only
  if (SSL_CTX_get_verify_mode(s.tls_context->native_handle()) != SSL_VERIFY_NONE)
    s.tls->set_verify_callback(asio::ssl::host_name_verification(host));
  s.arm(s.reading, deadline);
  auto [error] = co_await s.tls->async_handshake(asio::ssl::stream_base::client, as_result);
  s.disarm(s.reading);
  if (error) {
    if (s.aborted()) co_return s.failure(error);
    co_return fail(StreamErrorKind::tls, error.message());
  }
  co_return StreamResult<void>();
}

Awaitable<StreamResult<std::size_t>> Stream::read_some(std::span<char> buffer, Deadline deadline) {
  Impl& s = *impl_;
  if (s.aborted()) co_return s.failure({});
  s.arm(s.reading, deadline);
  const auto target = asio::buffer(buffer.data(), buffer.size());
  auto [error, count] = s.tls ? co_await s.tls->async_read_some(target, as_result)
                              : co_await s.socket.async_read_some(target, as_result);
  s.disarm(s.reading);
  if (error) co_return s.failure(error);
  co_return count;
}

Awaitable<StreamResult<void>> Stream::write(std::string_view bytes, Deadline deadline) {
  Impl& s = *impl_;
  if (s.aborted()) co_return s.failure({});
  s.arm(s.writing, deadline);
  const auto source = asio::buffer(bytes.data(), bytes.size());
  auto [error, count] = s.tls ? co_await asio::async_write(*s.tls, source, as_result)
                              : co_await asio::async_write(s.socket, source, as_result);
  s.disarm(s.writing);
  s.written += count;
  if (error) co_return s.failure(error);
  co_return StreamResult<void>();
}

std::uint64_t Stream::bytes_written() const { return impl_->written; }

bool Stream::is_tls() const { return impl_->tls.has_value(); }

bool Stream::quiet() const {
  char byte = 0;
  const auto got = ::recv(impl_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Stream::cancel() {
  impl_->cancelled = true;
  impl_->abort_operations();
}

void Stream::close() {
  error_code ignored;
  impl_->socket.shutdown(tcp::socket::shutdown_both, ignored);
  impl_->socket.close(ignored);
}

std::shared_ptr<asio::ssl::context> make_client_tls(bool verify, const std::string& ca_file) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                       asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1);
  if (!verify) {
    context->set_verify_mode(asio::ssl::verify_none);
    return context;
  }
  context->set_verify_mode(asio::ssl::verify_peer);
  if (ca_file.empty()) {
    context->set_default_verify_paths();
  } else {
    error_code error;
    context->load_verify_file(ca_file, error);
    if (error) throw std::runtime_error("can't read the CA file " + ca_file + ": " + error.message());
  }
  return context;
}

}  // namespace vestnik::net
