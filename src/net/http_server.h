// The HTTP/1.1 server: Asio coroutines, several threads, each with its own io_context and acceptor, so that a
// connection stays on one thread. The requests of a connection are handled one after the other; handlers run
// on that thread and must not block it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "net/http.h"

namespace vestnik::net {

struct HttpServerOptions {
  std::string host = "127.0.0.1";  // an address or a name; of a name's addresses one is bound, IPv4 first
  std::uint16_t port = 8080;       // 0: any free one
  unsigned threads = 2;
  std::size_t connections_max = 4096;        // beyond it: 503 with Retry-After, then closed
  std::size_t body_bytes_max = 64 * 1024;    // beyond it: 413
  std::size_t header_bytes_max = 16 * 1024;  // request line and header together; beyond it: 431
  // A deadline passes at most 100 ms late.
  std::chrono::milliseconds header_deadline{10'000};  // from the first byte of a request; 408
  std::chrono::milliseconds body_deadline{10'000};    // from the end of the header; 408
  std::chrono::milliseconds answer_deadline{30'000};  // for the handler; 503
  std::chrono::milliseconds idle_deadline{60'000};    // between requests; closed
  std::chrono::milliseconds write_deadline{10'000};   // for one answer; closed
};

class HttpServer {
 public:
  // Throws std::runtime_error with what to do when the address can't be bound ("port 8080 is taken …").
  static std::unique_ptr<HttpServer> listen(const HttpServerOptions& options, Router router,
                                            Metrics& metrics);
  // Stops without waiting for anybody, unless stop() was called before.
  virtual ~HttpServer() = default;

  virtual std::uint16_t port() const = 0;
  // Accepts no more, lets requests in hand be answered (answers carry Connection: close), closes idle
  // connections, then what is left after `limit`; joins its threads. Blocks. A Respond may still be called
  // afterwards; nobody hears it.
  virtual void stop(std::chrono::milliseconds limit) = 0;
};

}  // namespace vestnik::net
