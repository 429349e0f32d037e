// How a command talks to a system that runs.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/json.h"
#include "net/http_client.h"

namespace vestnik::cli {

// What a command's exit code says.
inline constexpr int exit_done = 0;
inline constexpr int exit_partly = 1;       // some of what was asked could not be done, or is not as hoped
inline constexpr int exit_usage = 2;        // called or configured wrongly
inline constexpr int exit_unreachable = 3;  // the system does not answer

// Ends a command: the message goes to standard error, the code to whoever called it.
class CommandError : public std::runtime_error {
 public:
  CommandError(int exit_code, const std::string& message)
      : std::runtime_error(message), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

struct ApiAccess {
  std::string url;           // empty: where the configuration's PORT and VESTNIK_HOST say
  std::string api_key_file;  // empty: the first of the configuration's VESTNIK_API_KEYS, if any
  std::string config_file;   // empty: the usual one
};

struct ApiAnswer {
  int status = 200;
  json::object body;

  // A problem's members; empty: it has none.
  std::string member(std::string_view name) const;
};

class ApiClient {
 public:
  // Throws CommandError when the configuration, the URL or the key is no good.
  explicit ApiClient(const ApiAccess& access);

  // Throw CommandError when nobody answers, or answers 401, 5xx or what isn't JSON; every other status is the
  // caller's.
  ApiAnswer get(const std::string& target) const;
  ApiAnswer post(const std::string& target, const json::object& body) const;

  // An answer that comes bit by bit. Throws CommandError where it isn't 200; `what`: as of expect_ok().
  std::unique_ptr<net::HttpStream> open(const std::string& target, std::string_view what) const;

  // Throws CommandError for any status but 2xx, saying what to do. `what` is asked for, which the
  // all-in-one process has and `serving`.
  void expect_ok(const ApiAnswer& answer, std::string_view what,
                 std::string_view serving = "analytics-service") const;

  std::string address() const { return url_.text(); }

 private:
  ApiAnswer call(const net::HttpCall& call) const;
  net::HttpCall with_key(net::HttpCall call) const;
  CommandError unreachable(const Failure<net::HttpClientError>& error) const;
  // The status and body of an answer, if they are Vestnik's and it is well.
  ApiAnswer judged(int status, std::string_view body) const;

  net::HttpUrl url_;
  std::string key_;  // empty: none
};

}  // namespace vestnik::cli
