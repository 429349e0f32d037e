// A client for commands that talk to a running system, and for threads that do nothing else: one request, one
// connection, blocking, every wait with a deadline. Not for services: those wait on their loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
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
  broken,     // the connection ended or fell silent before the answer was whole: it may have been carried out
  not_http,   // what answers there doesn't speak HTTP/1.1
  cancelled,  // by a signal (HttpStream::cancel_on) or a stop token
};

// The whole answer. Whatever status it has is a value. Answers beyond 64 MiB are `broken`; a call that `cut`
// ends early is `cancelled`, within 50 ms.
Result<HttpResponse, Failure<HttpClientError>> http_call(const HttpUrl& url, const HttpCall& call,
                                                         std::chrono::milliseconds limit,
                                                         const std::stop_token& cut = {});

// An answer that is read as it comes: an event stream (event_stream.h), an export. Used by one thread. Its
// errors are final: the connection is of no more use then.
class HttpStream {
 public:
  template <class T>
  using Result = vestnik::Result<T, Failure<HttpClientError>>;

  // Connects, sends, and reads the answer's head, all within `limit`. A status that is an error has a body
  // too: read_rest() is for it.
  // `cut` ends it and every later wait.
  static Result<std::unique_ptr<HttpStream>> open(const HttpUrl& url, const HttpCall& call,
                                                  std::chrono::milliseconds limit,
                                                  const std::stop_token& cut = {});
  ~HttpStream();  // closes the connection
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  // These signals no longer end the process while this exists, but the present wait or the next one, with
  // `cancelled`. Call it once.
  void cancel_on(std::initializer_list<int> signals);

  // Status, content type and headers; the body is empty.
  const HttpResponse& head() const;

  // What has come of the body, at least a byte; empty: that was all, and it is whole. `broken` when nothing
  // comes for `silence`, and when the connection ends before the body does.
  Result<std::string> read(std::chrono::milliseconds silence);
  // The next line without its end (LF or CR LF); the last one may have none. None: that was all. A line
  // beyond 1 MiB is `broken`.
  Result<std::optional<std::string>> read_line(std::chrono::milliseconds silence);
  // All that is still to come, within `limit`; beyond 64 MiB it is `broken`.
  Result<std::string> read_rest(std::chrono::milliseconds limit);

 private:
  struct Impl;
  explicit HttpStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Percent-encoded for a path segment or a query value (RFC 3986 section 2.3).
std::string url_escaped(std::string_view text);

}  // namespace vestnik::net
