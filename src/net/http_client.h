// A client for commands that talk to a running system, and for threads that do nothing else: one request, one
// connection, blocking, every wait with a deadline. Not for services: those wait on their loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace vestnik::net {

struct HttpUrl {
  bool tls = false;
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 80;
  std::string path;  // what every target is put behind: "", "/vestnik"

  // "http://127.0.0.1:8080/vestnik"
  std::string text() const;
};

// http:// or https://, without user, query and fragment. The error is a sentence that says what it must be.
Result<HttpUrl, std::string> parse_http_url(std::string_view text);

struct HttpCall {
  std::string method = "GET";
  std::string target;                                        // begins with '/', escaped
  std::vector<std::pair<std::string, std::string>> headers;  // further ones, such as Authorization
  std::string body;                                          // sent with its length when not empty
};

enum class HttpClientError {
  unreachable,  // no connection: nothing was sent
  broken,    // the connection ended or fell silent before the answer was whole: it may have been carried out
  not_http,  // what answers there doesn't speak HTTP/1.1
};

// Whatever status the server answers is a value. Answers beyond 64 MiB are `broken`, and so is a call that
// `cut` ends early.
Result<HttpResponse, Failure<HttpClientError>> http_call(const HttpUrl& url, const HttpCall& call,
                                                         std::chrono::milliseconds limit,
                                                         const std::stop_token& cut = {});

// Percent-encoded for a path segment or a query value (RFC 3986 section 2.3).
std::string url_escaped(std::string_view text);

}  // namespace vestnik::net
