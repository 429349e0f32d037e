#include "net/http_answer_reader.h"

#include <utility>

namespace vestnik::net {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t header_bytes_max = 64 << 10;

}  // namespace

HttpAnswerReader::HttpAnswerReader() {
  parser_.body_limit(boost::none);  // a stream has none; whoever keeps the body counts
  parser_.header_limit(header_bytes_max);
  parser_.eager(true);
}

bool HttpAnswerReader::feed(std::string_view bytes) {
  pending_ += bytes;
  while (!pending_.empty() && !parser_.is_done()) {
    // An empty chunked body goes on for "0 CRLF CRLF", and Beast asserts that it comes in one piece.
    if (parser_.is_header_done() && !body_begun_ && pending_.size() < 5 && pending_.starts_with('0'))
      return true;
    boost::system::error_code error;
    const std::size_t used = parser_.put(boost::asio::buffer(pending_), error);
    pending_.erase(0, used);
    body_begun_ = body_begun_ || body_bytes() > 0;
    if (error == http::error::need_more) return pending_.size() <= header_bytes_max;
    if (error) return false;
    if (used == 0) return true;
  }
  return true;
}

bool HttpAnswerReader::end() {
  boost::system::error_code error;
  if (parser_.got_some()) parser_.put_eof(error);
  return !error && parser_.is_done();
}

HttpResponse HttpAnswerReader::head() const {
  const auto& message = parser_.get();
  HttpResponse response{.status = static_cast<int>(message.result_int()), .content_type = ""};
  for (const auto& field : message) {
    if (field.name() == http::field::content_type) {
      response.content_type = std::string(field.value());
    } else {
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
  }
  return response;
}

std::string HttpAnswerReader::take_body() { return std::exchange(parser_.get().body(), {}); }

}  // namespace vestnik::net
