// A TCP connection, plain or TLS, every wait with a deadline. SMTP and SMPP drivers are written on it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik::net {

template <class T>
using Awaitable = boost::asio::awaitable<T>;

enum class StreamErrorKind {
  resolve,    // no such host
  connect,    // refused, unreachable
  timeout,    // the deadline passed
  closed,     // the peer closed the connection
  tls,        // handshake or certificate
  cancelled,  // cancel() was called
  io,         // anything else
};
using StreamError = Failure<StreamErrorKind>;
template <class T>
using StreamResult = Result<T, StreamError>;

// One reader and one writer at a time, each with its own deadline. A deadline that passes ends every wait of
// the stream, with `timeout`; the connection is of no more use then.
class Stream {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit Stream(boost::asio::any_io_executor executor);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Resolves and tries the addresses in turn.
  Awaitable<StreamResult<void>> connect(std::string host, std::uint16_t port, Deadline deadline);
  // Bytes that came in the clear before this are for the caller to throw away (RFC 3207 section 4.2). Checks
  // the certificate against `host` when `context` verifies peers; sends SNI.
  Awaitable<StreamResult<void>> start_tls(std::shared_ptr<boost::asio::ssl::context> context,
                                          std::string host, Deadline deadline);
  // At least one byte, at most the buffer.
  Awaitable<StreamResult<std::size_t>> read_some(std::span<char> buffer, Deadline deadline);
  // All of it. After an error, bytes_written() tells how much may have reached the peer.
  Awaitable<StreamResult<void>> write(std::string_view bytes, Deadline deadline);
  std::uint64_t bytes_written() const;

  bool is_tls() const;
  // Nothing has come from the peer since the last read, neither bytes nor the end: what an idle connection
  // should look like before it is used again. Costs one system call and never waits.
  bool quiet() const;
  // Ends every wait with `cancelled`; call on the stream's executor.
  void cancel();
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A client context with the system's trust store, TLS 1.2 at least; `verify` false: any certificate will do.
std::shared_ptr<boost::asio::ssl::context> make_client_tls(bool verify, const std::string& ca_file = {});

}  // namespace vestnik::net
