#include "cli/api_client.h"

#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "cli/environment.h"
#include "cli/terminal.h"
#include "config/file.h"
#include "config/load.h"
#include "config/values.h"

namespace vestnik::cli {
namespace {

// Longer than the server takes to give up on a request by itself.
constexpr std::chrono::seconds answer_limit{40};
constexpr std::size_t key_file_bytes_max = 4096;

config::Config configuration(const ApiAccess& access) {
  config::LoadOptions load{.environment = environment()};
  if (!access.config_file.empty()) load.config_file = access.config_file;
  auto options = config::load(load);
  if (options) return std::move(*options);
  print_problems(options.error());
  throw CommandError(exit_usage,
                     "the configuration tells where the system is and its API key; without it say "
                     "--url and --api-key-file");
}

net::HttpUrl given_url(const std::string& text) {
  auto url = net::parse_http_url(text);
  if (!url) throw CommandError(exit_usage, "--url: " + url.error());
  return std::move(*url);
}

// Where a server with this configuration can be reached from here.
net::HttpUrl configured_url(const config::Config& options) {
  if (options.port == 0)
    throw CommandError(exit_usage, "PORT is 0, so the port isn't known; say --url http://127.0.0.1:<port>");
  net::HttpUrl url{.host = options.host, .port = options.port};
  if (url.host == "0.0.0.0") url.host = "127.0.0.1";
  if (url.host == "::") url.host = "::1";
  return url;
}

std::string key_from(const std::string& file) {
  const auto content = config::read_small_file(file, key_file_bytes_max);
  if (!content) throw CommandError(exit_usage, "--api-key-file: " + file + ": " + content.error());
  const std::string key(config::trimmed(*content));
  for (const char c : key)
    if (c <= ' ' || c > '~')
      throw CommandError(exit_usage, "--api-key-file: " + file + ": must hold one key and nothing else");
  if (key.empty()) throw CommandError(exit_usage, "--api-key-file: " + file + ": is empty");
  return key;
}

std::string advice(net::HttpClientError error) {
  switch (error) {
    case net::HttpClientError::unreachable:
      return "Start it with `vestnik serve`, or say where it is: --url, or PORT and VESTNIK_HOST.";
    case net::HttpClientError::broken:
      return "What was asked may have been done all the same; look before you repeat it.";
    case net::HttpClientError::cancelled: return "";
    case net::HttpClientError::not_http: return "Say where Vestnik is: --url, or PORT and VESTNIK_HOST.";
  }
  return "";
}

}  // namespace

std::string ApiAnswer::member(std::string_view name) const {
  return std::string(string_member(body, name).value_or(""));
}

ApiClient::ApiClient(const ApiAccess& access) {
  // Nothing of the configuration is read that isn't needed.
  if (access.url.empty() || access.api_key_file.empty()) {
    const config::Config options = configuration(access);
    if (access.url.empty()) url_ = configured_url(options);
    if (!options.api_keys.empty()) key_ = options.api_keys.front();
  }
  if (!access.url.empty()) url_ = given_url(access.url);
  if (!access.api_key_file.empty()) key_ = key_from(access.api_key_file);
}

ApiAnswer ApiClient::get(const std::string& target) const { return call({.target = target}); }

ApiAnswer ApiClient::post(const std::string& target, const json::object& body) const {
  return call({.method = "POST",
               .target = target,
               .headers = {{"Content-Type", "application/json"}},
               .body = json::serialize(body)});
}

void ApiClient::expect_ok(const ApiAnswer& answer, std::string_view what, std::string_view serving) const {
  if (answer.status >= 200 && answer.status < 300) return;
  if (answer.status == 404 || answer.status == 405)
    throw CommandError(exit_unreachable,
                       fmt::format("{} doesn't serve {}: --url must be the all-in-one process or {}",
                                   address(), what, serving));
  const std::string detail = one_line(answer.member("detail"));
  throw CommandError(exit_usage, detail.empty() ? one_line(answer.member("title")) : detail);
}

ApiAnswer ApiClient::call(const net::HttpCall& call) const {
  const auto response = net::http_call(url_, with_key(call), answer_limit);
  if (!response) throw unreachable(response.error());
  return judged(response->status, response->body);
}

std::unique_ptr<net::HttpStream> ApiClient::open(const std::string& target, std::string_view what) const {
  auto stream = net::HttpStream::open(url_, with_key({.target = target}), answer_limit);
  if (!stream) throw unreachable(stream.error());
  const int status = (*stream)->head().status;
  if (status == 200) return std::move(*stream);
  const auto body = (*stream)->read_rest(answer_limit);
  if (!body) throw unreachable(body.error());
  expect_ok(judged(status, *body), what);
  throw CommandError(exit_unreachable, fmt::format("{} answers {} to {}", address(), status, target));
}

net::HttpCall ApiClient::with_key(net::HttpCall call) const {
  if (!key_.empty()) call.headers.emplace_back("Authorization", "Bearer " + key_);
  return call;
}

CommandError ApiClient::unreachable(const Failure<net::HttpClientError>& error) const {
  return {exit_unreachable,
          fmt::format("can't reach Vestnik at {}: {}. {}", address(), error.message, advice(error.kind))};
}

ApiAnswer ApiClient::judged(int status, std::string_view text) const {
  if (status == 401)
    throw CommandError(exit_usage, address() + " wants an API key" +
                                       (key_.empty() ? "" : ", another than this one") +
                                       ": set VESTNIK_API_KEYS, or say --api-key-file");
  auto body = parse_json_object(text);
  if (!body)
    throw CommandError(exit_unreachable,
                       fmt::format("what answers at {} isn't Vestnik (status {}). {}", address(), status,
                                   advice(net::HttpClientError::not_http)));
  ApiAnswer answer{.status = status, .body = std::move(*body)};
  if (status >= 500 || status == 429)
    throw CommandError(exit_unreachable, address() + " can't answer now: " + answer.member("detail"));
  return answer;
}

}  // namespace vestnik::cli
