// A whole request out of the bytes of a connection.
#include "net/http_reader.h"

#include <fmt/format.h>
#include <memory>

#include "parts/part.h"
#include "parts/samples.h"

namespace vestnik::bench {
namespace {

// As a client behind a proxy sends it.
std::string request(std::size_t number) {
  const std::string body = registration_body(number);
  return fmt::format(
      "POST /register HTTP/1.1\r\n"
      "Host: vestnik.example.org\r\n"
      "User-Agent: sign-up/4.2\r\n"
      "Accept: application/json\r\n"
      "Authorization: Bearer 0af7651916cd43dd8448eb211c80319c\r\n"
      "Content-Type: application/json\r\n"
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
      "Content-Length: {}\r\n"
      "\r\n"
      "{}",
      body.size(), body);
}

}  // namespace

Work http_reader() {
  auto reader = std::make_unique<net::HttpReader>(
      net::HttpLimits{.header_bytes_max = 16 * 1024, .body_bytes_max = 64 * 1024});
  return [reader = std::move(reader), requests = InTurn(samples(request))]() mutable {
    const std::string& bytes = requests.next();
    require(reader->feed(bytes) == bytes.size() && reader->state() == net::HttpReader::State::complete,
            "the sample request is complete");
    keep(reader->keep_alive());
    keep(reader->take());
  };
}

}  // namespace vestnik::bench
