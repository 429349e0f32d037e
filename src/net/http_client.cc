#include "net/http_client.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <exception>
#include <optional>

#include "net/stream.h"

namespace vestnik::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace urls = boost::urls;
using boost::system::error_code;
using CallResult = Result<HttpResponse, Failure<HttpClientError>>;

constexpr std::uint64_t answer_bytes_max = 64 << 20;
constexpr std::uint32_t header_bytes_max = 64 << 10;

std::string authority(const HttpUrl& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + url.host + "]" : url.host;
  return url.port == (url.tls ? 443 : 80) ? host : host + ":" + std::to_string(url.port);
}

// The connection serves this request only, so none is ever sent into one that the server has just given up.
std::string written(const HttpUrl& url, const HttpCall& call) {
  std::string bytes = call.method + " " + url.path + call.target + " HTTP/1.1\r\nHost: " + authority(url) +
                      "\r\nConnection: close\r\n";
  for (const auto& [name, value] : call.headers) bytes += name + ": " + value + "\r\n";
  if (!call.body.empty() || call.method == "POST")
    bytes += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  return bytes + "\r\n" + call.body;
}

class AnswerReader {
 public:
  AnswerReader() {
    parser_.body_limit(answer_bytes_max);
    parser_.header_limit(header_bytes_max);
    parser_.eager(true);
  }

  // False: that is no HTTP.
  bool feed(std::string_view bytes) {
    pending_ += bytes;
    while (!pending_.empty() && !parser_.is_done()) {
      error_code error;
      const std::size_t used = parser_.put(asio::buffer(pending_), error);
      pending_.erase(0, used);
      if (error == http::error::need_more) return true;
      if (error) return false;
      if (used == 0) return true;
    }
    return true;
  }
  // The connection has ended: an answer without a length is whole then. False: it was cut.
  bool end() {
    error_code error;
    if (parser_.got_some()) parser_.put_eof(error);
    return !error && parser_.is_done();
  }
  bool done() const { return parser_.is_done(); }

  HttpResponse take() {
    auto& message = parser_.get();
    HttpResponse response{.status = static_cast<int>(message.result_int()), .content_type = ""};
    for (const auto& field : message) {
      if (field.name() == http::field::content_type) {
        response.content_type = std::string(field.value());
      } else {
        response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
      }
    }
    response.body = std::move(message.body());
    return response;
  }

 private:
  http::response_parser<http::string_body> parser_;
  std::string pending_;  // a header that has come in part: Beast wants it again, longer
};

std::unexpected<Failure<HttpClientError>> broken(const StreamError& error) {
  return fail(HttpClientError::broken, error.kind == StreamErrorKind::timeout
                                           ? "it did not answer in time"
                                           : "the connection ended before the answer: " + error.message);
}

// Parameters by reference: http_call waits until this has ended.
Awaitable<CallResult> exchange(const HttpUrl& url, const HttpCall& call, Stream::Deadline deadline,
                               asio::any_io_executor executor) {
  Stream stream(executor);
  auto connected = co_await stream.connect(url.host, url.port, deadline);
  if (connected && url.tls) connected = co_await stream.start_tls(make_client_tls(true), url.host, deadline);
  if (!connected) co_return fail(HttpClientError::unreachable, connected.error().message);
  // A server that refuses early answers before it has read everything, so the answer is read all the same.
  const auto sent = co_await stream.write(written(url, call), deadline);
  if (!sent && sent.error().kind != StreamErrorKind::closed) co_return broken(sent.error());

  AnswerReader reader;
  std::array<char, 16 * 1024> buffer;
  while (!reader.done()) {
    const auto count = co_await stream.read_some(buffer, deadline);
    if (!count && count.error().kind == StreamErrorKind::closed && reader.end()) break;
    if (!count) co_return broken(count.error());
    if (!reader.feed({buffer.data(), *count}))
      co_return fail(HttpClientError::not_http, "what answers there does not speak HTTP/1.1");
  }
  co_return reader.take();
}

}  // namespace

std::string HttpUrl::text() const { return (tls ? "https://" : "http://") + authority(*this) + path; }

Result<HttpUrl, std::string> parse_http_url(std::string_view text) {
  const auto parsed = urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  const auto bad = [] { return std::unexpected(std::string("must look like http://127.0.0.1:8080")); };
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https")) return bad();
  if (parsed->encoded_host().empty() || parsed->has_query() || parsed->has_fragment()) return bad();
  if (parsed->has_userinfo())
    return std::unexpected(std::string("must not hold a user; a key is set apart from it"));
  HttpUrl url{.tls = parsed->scheme() == "https", .host = std::string(parsed->host_address())};
  url.port = url.tls ? 443 : 80;
  if (parsed->has_port()) {
    // Not port_number(): it cuts what is beyond 65535.
    const std::string port(parsed->port());
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port == 0) return bad();
  }
  url.path = std::string(parsed->encoded_path());
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

CallResult http_call(const HttpUrl& url, const HttpCall& call, std::chrono::milliseconds limit,
                     const std::stop_token& cut) {
  asio::io_context context(1);
  std::optional<CallResult> result;
  const auto finished = [&result](std::exception_ptr error, CallResult value) {
    if (error) std::rethrow_exception(error);
    result.emplace(std::move(value));
  };
  asio::co_spawn(context, exchange(url, call, Stream::Deadline::clock::now() + limit, context.get_executor()),
                 finished);
  {
    const std::stop_callback stop(cut, [&context] { context.stop(); });
    context.run();
  }
  if (!result) return fail(HttpClientError::broken, "the call was given up");
  return std::move(*result);
}

std::string url_escaped(std::string_view text) { return urls::encode(text, urls::unreserved_chars); }

}  // namespace vestnik::net
