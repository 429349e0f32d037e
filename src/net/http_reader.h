// Reads the requests of one connection out of its bytes: HTTP/1.1 (RFC 9112) as a machine without sockets.
// Stricter than the grammar where leniency lets two readers of the same bytes disagree (request smuggling):
// see http_reader.cc.
//
//   header ──▶ body ──▶ complete ──take()──▶ header …
//      └─────────┴────▶ refused: answer refusal(), close
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/http.h"

namespace vestnik::net {

struct HttpLimits {
  std::size_t header_bytes_max;
  std::size_t body_bytes_max;
};

class HttpReader {
 public:
  enum class State { header, body, complete, refused };

  explicit HttpReader(HttpLimits limits);
  ~HttpReader();
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  // Takes what it can use from the front of `bytes` and says how much that was. The rest is to be offered
  // again, longer: it never needs more than header_bytes_max + 1 bytes at once.
  std::size_t feed(std::string_view bytes);

  State state() const { return state_; }
  // Header read, body awaited, and the client waits for "100 Continue" before it sends it (RFC 9110
  // section 10.1.1).
  bool awaits_continue() const;
  // State complete only: the client wants the connection kept.
  bool keep_alive() const;
  // State complete only: the client speaks HTTP/1.0, which has no transfer codings.
  bool is_http_1_0() const;
  // State complete only; the reader is ready for the next request.
  HttpRequest take();
  // State refused only.
  const Problem& refusal() const { return refusal_; }

 private:
  class Parser;

  std::size_t feed_once(std::string_view bytes);
  void refuse(Problem problem);

  const HttpLimits limits_;
  std::unique_ptr<Parser> parser_;
  State state_ = State::header;
  std::size_t header_bytes_ = 0;
  bool empty_line_skipped_ = false;
  Problem refusal_;
};

}  // namespace vestnik::net
