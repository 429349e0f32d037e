// HTTP as handlers see it: no sockets, no Beast. The server (http_server.h) calls a Handler for each request.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vestnik::net {

struct HttpRequest {
  std::string method;                                        // "GET"
  std::string target;                                        // as sent: "/v1/notifications?user_id=…"
  std::string path;                                          // percent-decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;    // decoded ("+" is a space), in order
  std::vector<std::pair<std::string, std::string>> headers;  // names lower-case
  std::string body;
  std::vector<std::pair<std::string, std::string>>
      path_parameters;  // set by the Router: "/v1/notifications/{id}"

  // The first value, or empty.
  std::string_view header(std::string_view lower_case_name) const;
  std::string_view query_parameter(std::string_view name) const;
  std::string_view path_parameter(std::string_view name) const;
};

// Fills `path` and `query` from `target`: origin form, absolute form, or "*" (RFC 9112 section 3.2). False:
// none of these, a broken percent-escape, or an escaped NUL.
bool read_target(HttpRequest& request);

// What a BodySource gives at a time.
struct BodyPiece {
  enum class Kind {
    more,    // ask for the next; `bytes` may be empty
    end,     // with these bytes the body is whole
    broken,  // it can't become whole: the connection is cut, so that the client doesn't take it for that
  };
  Kind kind = Kind::more;
  std::string bytes;
};

// A body that is made while it is sent, however long it becomes. The connection asks for the next piece once
// the kernel has the one before, so that a client that reads slowly makes its source wait. Destroyed when the
// body ends, when the client has gone or is too slow, and when the server drains, on any thread and also
// while a piece is awaited.
class BodySource {
 public:
  using Give = std::move_only_function<void(BodyPiece)>;

  virtual ~BodySource() = default;
  // Calls `give` once, from any thread: within this call, or later, but within the server's answer_deadline.
  // Called afterwards, nobody hears it.
  virtual void next(Give give) = 0;
  // Between any two pieces the body is whole, as a stream of events is: it may be ended there.
  virtual bool whole_at_any_time() const { return false; }
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones, such as Retry-After
  std::unique_ptr<BodySource> source = nullptr;                   // set: the body comes from here
};

// RFC 9457. `field`: the member or parameter that is wrong, empty: none in particular.
struct Problem {
  int status = 500;
  std::string type;    // a short slug; the document's `type` is "/problems/<slug>"
  std::string title;   // the same for every problem of this type
  std::string detail;  // this time; empty: left out
  std::string field;
  int retry_after_s = 0;                                          // > 0: Retry-After
  std::vector<std::pair<std::string, std::string>> members = {};  // extension members (section 3.2)
};
HttpResponse to_response(const Problem& problem);

// Answers one request: call it once, from any thread, at any later time. Dropped uncalled, it answers 500.
class Respond {
 public:
  explicit Respond(std::move_only_function<void(HttpResponse)> call) : call_(std::move(call)) {}
  Respond(Respond&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  Respond& operator=(Respond&&) = delete;
  ~Respond();
  void operator()(HttpResponse response);
  void operator()(const Problem& problem) { (*this)(to_response(problem)); }

 private:
  std::move_only_function<void(HttpResponse)> call_;
};

using HttpHandler = std::function<void(HttpRequest, Respond)>;

// Method and path template → handler. Answers 404 for an unknown path, 405 with Allow for a method the path
// does not have (HEAD is served by GET), 501 for a method that HTTP does not have, all as problem documents.
class Router {
 public:
  struct Route {
    std::string method;
    std::string path;  // the template
    std::vector<std::string> segments;
    HttpHandler handler;
  };

  // `path`: "/v1/notifications/{id}"; a parameter matches one segment, not an empty one. Where several
  // templates match, the one with the fewest parameters does.
  void add(std::string method, std::string path, HttpHandler handler);
  // The index into routes() of the request's route; sets its path_parameters.
  std::expected<std::size_t, HttpResponse> find(HttpRequest& request) const;
  void handle(HttpRequest request, Respond respond) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace vestnik::net
