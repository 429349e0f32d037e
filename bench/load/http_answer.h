// Answers of an HTTP/1.1 server, as far as a load generator must understand them: status, length, whether it
// hangs up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik::bench {

struct HttpAnswer {
  int status = 0;
  bool closes = false;  // "Connection: close"
};

enum class HttpAnswerFault {
  malformed,   // no status line, or a head without end
  no_length,   // neither Content-Length nor a status that has no body
  unexpected,  // bytes beyond the answer, to a request that wasn't made
};

// One answer after another, to one request at a time.
class HttpAnswerReader {
 public:
  // nullopt: more bytes are needed. After an error the connection is of no more use.
  Result<std::optional<HttpAnswer>, HttpAnswerFault> feed(std::string_view bytes);

 private:
  std::string head_;                  // what has come of a head that isn't whole, at most head_bytes_max
  std::optional<HttpAnswer> answer_;  // whose body isn't whole
  std::uint64_t body_missing_ = 0;
};

}  // namespace vestnik::bench
