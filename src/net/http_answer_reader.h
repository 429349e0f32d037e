// Reads one HTTP/1.1 answer out of its bytes, for the client: a machine without sockets.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>

#include "net/http.h"

namespace vestnik::net {

class HttpAnswerReader {
 public:
  HttpAnswerReader();

  // False: that is no HTTP.
  bool feed(std::string_view bytes);
  // The connection has ended: an answer without a length is whole then. False: it was cut.
  bool end();
  bool head_done() const { return parser_.is_header_done(); }
  bool done() const { return parser_.is_done(); }

  // Status, content type and headers.
  HttpResponse head() const;
  // What has come of the body and was not taken yet.
  std::string take_body();
  std::size_t body_bytes() const { return parser_.get().body().size(); }

 private:
  boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
  std::string pending_;  // a header that has come in part: Beast wants it again, longer
  bool body_begun_ = false;
};

}  // namespace vestnik::net
