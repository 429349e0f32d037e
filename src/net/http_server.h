// The HTTP/1.1 server: Asio and Beast coroutines, several threads, each with its own io_context and acceptor.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "net/http.h"

namespace vestnik::net {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one
  unsigned threads = 2;
  std::size_t connections_max = 4096;                 // beyond it: 503 with Retry-After, then closed
  std::size_t body_bytes_max = 64 * 1024;             // beyond it: 413
  std::size_t header_bytes_max = 16 * 1024;           // beyond it: 431
  std::chrono::milliseconds header_deadline{10'000};  // from the first byte of a request
  std::chrono::milliseconds body_deadline{10'000};
  std::chrono::milliseconds idle_deadline{60'000};  // between requests
  std::chrono::milliseconds write_deadline{10'000};
};

class HttpServer {
 public:
  // Throws std::runtime_error with what to do when the address can't be bound ("port 8080 is taken …").
  static std::unique_ptr<HttpServer> listen(const HttpServerOptions& options, const Router& router,
                                            Metrics& metrics);
  virtual ~HttpServer() = default;

  virtual std::uint16_t port() const = 0;
  // Accepts no more, lets requests in hand be answered (answers carry Connection: close), closes idle
  // connections, then what is left after `limit`; joins its threads. Blocks.
  virtual void stop(std::chrono::milliseconds limit) = 0;
};

}  // namespace vestnik::net
