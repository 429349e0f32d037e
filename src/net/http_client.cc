#include "net/http_client.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <exception>
#include <optional>
#include <span>

#include "net/http_answer_reader.h"
#include "net/stream.h"

namespace vestnik::net {
namespace {

namespace asio = boost::asio;
namespace urls = boost::urls;
using boost::system::error_code;

constexpr std::size_t answer_bytes_max = 64 << 20;
constexpr std::size_t line_bytes_max = 1 << 20;
constexpr std::chrono::milliseconds cut_check(50);

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

std::unexpected<Failure<HttpClientError>> broken(const StreamError& error) {
  return fail(HttpClientError::broken, error.kind == StreamErrorKind::timeout
                                           ? "it did not answer in time"
                                           : "the connection ended before the answer: " + error.message);
}

std::unexpected<Failure<HttpClientError>> not_http() {
  return fail(HttpClientError::not_http, "what answers there does not speak HTTP/1.1");
}

using Finished = Result<void, Failure<HttpClientError>>;

// What follows takes parameters by reference: whoever runs it waits until it has ended.

Awaitable<Finished> connect_and_send(Stream& stream, const HttpUrl& url, const HttpCall& call,
                                     Stream::Deadline deadline) {
  auto connected = co_await stream.connect(url.host, url.port, deadline);
  if (connected && url.tls) connected = co_await stream.start_tls(make_client_tls(true), url.host, deadline);
  if (!connected) co_return fail(HttpClientError::unreachable, connected.error().message);
  // A server that refuses early answers before it has read everything, so the answer is read all the same.
  const auto sent = co_await stream.write(written(url, call), deadline);
  if (!sent && sent.error().kind != StreamErrorKind::closed) co_return broken(sent.error());
  co_return Finished();
}

// Reads once.
Awaitable<Finished> read_some(Stream& stream, HttpAnswerReader& reader, std::span<char> buffer,
                              Stream::Deadline deadline) {
  const auto count = co_await stream.read_some(buffer, deadline);
  if (!count && count.error().kind == StreamErrorKind::closed && reader.end()) co_return Finished();
  if (!count) co_return broken(count.error());
  if (!reader.feed({buffer.data(), *count})) co_return not_http();
  co_return Finished();
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

Result<HttpResponse, Failure<HttpClientError>> http_call(const HttpUrl& url, const HttpCall& call,
                                                         std::chrono::milliseconds limit,
                                                         const std::stop_token& cut) {
  const auto deadline = Stream::Deadline::clock::now() + limit;
  auto stream = HttpStream::open(url, call, limit, cut);
  if (!stream) return std::unexpected(std::move(stream.error()));
  auto body = (*stream)->read_rest(
      std::chrono::ceil<std::chrono::milliseconds>(deadline - Stream::Deadline::clock::now()));
  if (!body) return std::unexpected(std::move(body.error()));
  const HttpResponse& head = (*stream)->head();
  return HttpResponse{.status = head.status,
                      .body = std::move(*body),
                      .content_type = head.content_type,
                      .headers = head.headers};
}

struct HttpStream::Impl {
  asio::io_context context{1};
  Stream stream{context.get_executor()};
  HttpAnswerReader reader;
  std::array<char, 16 * 1024> buffer;
  std::string lines;  // read and not yet given out by read_line()
  HttpResponse head;
  std::optional<asio::signal_set> signals;
  std::stop_token cut;
  bool cancelled = false;

  // Runs one of the coroutines above to its end.
  Finished run(Awaitable<Finished> work) {
    std::optional<Finished> result;
    asio::co_spawn(context, std::move(work), [&result](std::exception_ptr error, Finished value) {
      if (error) std::rethrow_exception(error);
      result.emplace(std::move(value));
    });
    context.restart();
    while (!result) {
      cut.stop_possible() ? context.run_one_for(cut_check) : context.run_one();
      if (!cut.stop_requested()) continue;
      cancelled = true;
      stream.cancel();  // the present wait; the next one ends the next time
    }
    if (cancelled) return fail(HttpClientError::cancelled, "cancelled");
    return std::move(*result);
  }
  Finished read_once(Stream::Deadline deadline) { return run(read_some(stream, reader, buffer, deadline)); }
};

HttpStream::HttpStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpStream::~HttpStream() = default;

HttpStream::Result<std::unique_ptr<HttpStream>> HttpStream::open(const HttpUrl& url, const HttpCall& call,
                                                                 std::chrono::milliseconds limit,
                                                                 const std::stop_token& cut) {
  const auto deadline = Stream::Deadline::clock::now() + limit;
  auto impl = std::make_unique<Impl>();
  impl->cut = cut;
  auto done = impl->run(connect_and_send(impl->stream, url, call, deadline));
  while (done && !impl->reader.head_done()) done = impl->read_once(deadline);
  if (!done) return std::unexpected(std::move(done.error()));
  impl->head = impl->reader.head();
  return std::unique_ptr<HttpStream>(new HttpStream(std::move(impl)));
}

void HttpStream::cancel_on(std::initializer_list<int> signals) {
  Impl& s = *impl_;
  s.signals.emplace(s.context);
  for (const int signal : signals) s.signals->add(signal);
  s.signals->async_wait([&s](const error_code& error, int) {
    if (error) return;
    s.cancelled = true;
    s.stream.cancel();
  });
}

const HttpResponse& HttpStream::head() const { return impl_->head; }

HttpStream::Result<std::string> HttpStream::read(std::chrono::milliseconds silence) {
  Impl& s = *impl_;
  if (!s.lines.empty()) return std::exchange(s.lines, {});
  const auto deadline = Stream::Deadline::clock::now() + silence;
  while (s.reader.body_bytes() == 0 && !s.reader.done())
    if (auto done = s.read_once(deadline); !done) return std::unexpected(std::move(done.error()));
  return s.reader.take_body();
}

HttpStream::Result<std::optional<std::string>> HttpStream::read_line(std::chrono::milliseconds silence) {
  std::string& lines = impl_->lines;
  std::size_t looked_at = 0;
  for (;;) {
    const std::size_t end = lines.find('\n', looked_at);
    if (end != lines.npos) {
      std::string line = lines.substr(0, end);
      lines.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (lines.size() > line_bytes_max)
      return fail(HttpClientError::broken, "a line of the answer is too long");
    looked_at = lines.size();
    std::string before = std::exchange(lines, {});
    auto more = read(silence);
    if (!more) return std::unexpected(std::move(more.error()));
    lines = std::move(before) + *more;
    if (!more->empty()) continue;
    if (lines.empty()) return std::nullopt;
    return std::exchange(lines, {});
  }
}

HttpStream::Result<std::string> HttpStream::read_rest(std::chrono::milliseconds limit) {
  Impl& s = *impl_;
  const auto deadline = Stream::Deadline::clock::now() + limit;
  while (!s.reader.done()) {
    if (auto done = s.read_once(deadline); !done) return std::unexpected(std::move(done.error()));
    if (s.reader.body_bytes() > answer_bytes_max)
      return fail(HttpClientError::broken, "the answer is too long");
  }
  return std::exchange(s.lines, {}) + s.reader.take_body();
}

std::string url_escaped(std::string_view text) { return urls::encode(text, urls::unreserved_chars); }

}  // namespace vestnik::net
