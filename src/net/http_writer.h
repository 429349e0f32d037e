// The head of an answer, as bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"

namespace vestnik::net {

// The Date header's value (RFC 9110 section 5.6.7), made once a second.
class HttpDate {
 public:
  std::string_view at(Timestamp now);

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

enum class BodyFraming {
  length,       // Content-Length: the body is there
  chunked,      // RFC 9112 section 7.1
  until_close,  // what HTTP/1.0 has instead
};

// Replaces `out`. `close`: Connection: close. A header whose value holds CR, LF or NUL is left out.
void write_head(std::string& out, const HttpResponse& response, BodyFraming framing, bool close,
                std::string_view date);

}  // namespace vestnik::net
