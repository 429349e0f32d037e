// What a receiver's answer to POST /v1/traces means (OTLP specification 1.x, "OTLP/HTTP Response").
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "net/http_client.h"

namespace vestnik::trace {

struct Verdict {
  enum class Kind {
    taken,
    try_again,  // 429, 502, 503, 504, or no answer
    refused,    // any other status: the same request would be refused again
  };
  Kind kind = Kind::refused;
  std::int64_t rejected = 0;                        // taken: of its spans, those that were not
  std::optional<std::chrono::seconds> retry_after;  // try_again: as the receiver asks for
  std::string detail;                               // for a log line
};

// `now` is what a Retry-After that is a date counts from.
Verdict judge(const Result<net::HttpResponse, Failure<net::HttpClientError>>& answer, Timestamp now);

// How long to wait before the next try: drawn from half of `bound` to all of it, or what the receiver asks
// for where that is longer, `retry_after_max` at most. `bound` > 0.
std::chrono::milliseconds pause_before_retry(std::chrono::milliseconds bound,
                                             std::optional<std::chrono::seconds> retry_after,
                                             std::chrono::milliseconds retry_after_max, Random& random);

}  // namespace vestnik::trace
