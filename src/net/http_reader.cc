#include "net/http_reader.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

namespace vestnik::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using View = boost::beast::string_view;

Problem bad_request(std::string detail) {
  return {400, "bad-request", "Bad request", std::move(detail), "", 0};
}

// What stands in the header and decides how the request is framed and answered.
struct Framing {
  int version = 11;  // 10 or 11
  int hosts = 0;
  int content_lengths = 0;
  int transfer_encodings = 0;
  bool content_length_is_a_number = true;
  bool chunked_alone = true;  // the transfer coding is "chunked" and nothing else
  bool host_is_plausible = true;
  bool expects_continue = false;
  bool expects_something_else = false;
};

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "HTTP/2.0" is another version, "HTTP/1.1\n" is not HTTP.
bool ends_with_version(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);  // its LF is still on the way
  if (line.size() < 9) return false;
  line.remove_prefix(line.size() - 9);
  return line.starts_with(" HTTP/") && line[7] == '.' && is_number(line.substr(6, 1)) &&
         is_number(line.substr(8, 1));
}

}  // namespace

// Beast's parser, filling an HttpRequest without a container of its own in between.
class HttpReader::Parser {
 public:
  explicit Parser(const HttpLimits& limits) : limits_(limits) { reset(); }

  void reset() {
    request = HttpRequest();
    framing = Framing();
    machine_.emplace(*this);
    machine_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
    machine_->body_limit(limits_.body_bytes_max);
    machine_->eager(false);
  }

  std::size_t put(std::string_view bytes, error_code& error) {
    return machine_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  }
  bool is_header_done() const { return machine_->is_header_done(); }
  bool is_done() const { return machine_->is_done(); }
  bool keep_alive() const { return machine_->keep_alive(); }

  HttpRequest request;
  Framing framing;

 private:
  class Machine final : public http::basic_parser<true> {
   public:
    explicit Machine(Parser& parser) : parser_(parser) {}

   private:
    void on_request_impl(http::verb, View method, View target, int version, error_code&) override {
      parser_.request.method = method;
      parser_.request.target = target;
      parser_.framing.version = version;
      parser_.request.headers.reserve(8);
    }
    void on_response_impl(int, View, int, error_code&) override {}
    void on_field_impl(http::field field, View name, View value, error_code&) override {
      // What follows a chunked body (RFC 9112 section 7.1.2) is dropped: it must not become part of the
      // header.
      if (!header_done_) parser_.take_field(field, name, value);
    }
    void on_header_impl(error_code&) override { header_done_ = true; }
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override {
      if (length) parser_.request.body.reserve(*length);  // not beyond body_limit: that is checked before
    }
    std::size_t on_body_impl(View bytes, error_code&) override {
      parser_.request.body.append(bytes.data(), bytes.size());
      return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View bytes, error_code&) override {
      parser_.request.body.append(bytes.data(), bytes.size());
      return bytes.size();
    }
    void on_finish_impl(error_code&) override {}

    Parser& parser_;
    bool header_done_ = false;
  };

  void take_field(http::field field, std::string_view name, std::string_view value) {
    using boost::beast::iequals;
    switch (field) {
      case http::field::host:
        ++framing.hosts;
        framing.host_is_plausible = value.find_first_of(" \t/\\@?#,") == value.npos;
        break;
      case http::field::content_length:
        ++framing.content_lengths;
        framing.content_length_is_a_number = is_number(value);
        break;
      case http::field::transfer_encoding:
        ++framing.transfer_encodings;
        framing.chunked_alone = iequals(View(value), "chunked");
        break;
      case http::field::expect:
        (iequals(View(value), "100-continue") ? framing.expects_continue : framing.expects_something_else) =
            true;
        break;
      default: break;
    }
    std::string lower_case(name);
    for (char& c : lower_case)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    request.headers.emplace_back(std::move(lower_case), value);
  }

  const HttpLimits limits_;
  std::optional<Machine> machine_;
};

namespace {

// What RFC 9112 wants refused and Beast lets pass (sections 3.2, 5.2, 6.1, 6.3).
std::optional<Problem> header_fault(const Framing& framing) {
  if (framing.hosts > 1 || (framing.version == 11 && framing.hosts == 0))
    return bad_request("Exactly one Host is needed.");
  if (!framing.host_is_plausible) return bad_request("Host is not a host and port.");
  if (framing.content_lengths > 1 || !framing.content_length_is_a_number)
    return bad_request("Content-Length must be one number.");
  if (framing.content_lengths > 0 && framing.transfer_encodings > 0)
    return bad_request("Content-Length and Transfer-Encoding exclude each other.");
  if (framing.transfer_encodings > 1) return bad_request("Transfer-Encoding is there twice.");
  if (framing.transfer_encodings == 1 && framing.version == 10)
    return bad_request("HTTP/1.0 has no Transfer-Encoding.");
  if (!framing.chunked_alone)
    return Problem{501, "transfer-coding", "Unknown transfer coding", "Only chunked is understood.", "", 0};
  if (framing.expects_something_else)
    return Problem{417, "expectation", "Expectation failed", "Only 100-continue is understood.", "", 0};
  return std::nullopt;
}

// A line that begins with a space continues the one before (obs-fold, RFC 9112 section 5.2): Beast joins them
// silently.
bool has_folded_line(std::string_view header) {
  for (std::size_t at = header.find('\n'); at != header.npos && at + 1 < header.size();
       at = header.find('\n', at + 1))
    if (header[at + 1] == ' ' || header[at + 1] == '\t') return true;
  return false;
}

Problem problem_of(const error_code& error, std::string_view bytes, const HttpLimits& limits) {
  if (error == http::error::body_limit)
    return {413,
            "too-large",
            "Body too large",
            "At most " + std::to_string(limits.body_bytes_max) + " bytes are taken.",
            "",
            0};
  if (error == http::error::header_limit)
    return {431,
            "header-too-large",
            "Header too large",
            "At most " + std::to_string(limits.header_bytes_max) + " bytes are taken.",
            "",
            0};
  if (error == http::error::bad_version && ends_with_version(bytes.substr(0, bytes.find("\r\n"))))
    return {505, "http-version", "HTTP version not supported", "HTTP/1.1 and HTTP/1.0 are served.", "", 0};
  return bad_request("Not HTTP/1.1: " + error.message() + ".");
}

}  // namespace

HttpReader::HttpReader(HttpLimits limits) : limits_(limits), parser_(std::make_unique<Parser>(limits)) {}

HttpReader::~HttpReader() = default;

std::size_t HttpReader::feed(std::string_view bytes) {
  std::size_t used = 0;
  // One empty line before a request is let pass (RFC 9112 section 2.2).
  if (state_ == State::header && header_bytes_ == 0 && !empty_line_skipped_) {
    if (bytes == "\r") return 0;
    if (bytes.starts_with("\r\n")) {
      empty_line_skipped_ = true;
      used = 2;
    }
  }
  while (used < bytes.size() && (state_ == State::header || state_ == State::body)) {
    const std::size_t step = feed_once(bytes.substr(used));
    if (step == 0) break;
    used += step;
  }
  return used;
}

std::size_t HttpReader::feed_once(std::string_view bytes) {
  // A chunked body goes on for at least "0 CRLF CRLF". Beast asserts that, so that a client could end the
  // process with the same bytes in smaller packets.
  if (state_ == State::body && parser_->framing.transfer_encodings > 0 && bytes.size() < 5) return 0;
  error_code error;
  const std::size_t used = parser_->put(bytes, error);
  if (state_ == State::header) {
    if (has_folded_line(bytes.substr(0, used))) {
      refuse(bad_request("A header line is folded."));
      return used;
    }
    header_bytes_ += used;
    const std::size_t waiting = error == http::error::need_more ? bytes.size() - used : 0;
    if (header_bytes_ + waiting > limits_.header_bytes_max) error = http::error::header_limit;
  } else if (error == http::error::need_more && bytes.size() - used > limits_.header_bytes_max) {
    error = http::error::header_limit;  // the line before a chunk, or what follows the last one
  }
  if (error == http::error::need_more) return used;
  if (error) {
    refuse(problem_of(error, bytes, limits_));
    return used;
  }
  if (state_ == State::header && parser_->is_header_done()) {
    if (auto fault = header_fault(parser_->framing)) {
      refuse(std::move(*fault));
      return used;
    }
    if (!read_target(parser_->request)) {
      refuse(bad_request("The request target is not a path."));
      return used;
    }
    state_ = State::body;
  }
  if (parser_->is_done()) state_ = State::complete;
  return used;
}

void HttpReader::refuse(Problem problem) {
  refusal_ = std::move(problem);
  state_ = State::refused;
}

bool HttpReader::awaits_continue() const {
  return state_ == State::body && parser_->framing.expects_continue && parser_->framing.version == 11 &&
         parser_->request.body.empty();
}

bool HttpReader::keep_alive() const { return parser_->keep_alive(); }

bool HttpReader::is_http_1_0() const { return parser_->framing.version == 10; }

HttpRequest HttpReader::take() {
  HttpRequest request = std::move(parser_->request);
  parser_->reset();
  state_ = State::header;
  header_bytes_ = 0;
  empty_line_skipped_ = false;
  return request;
}

}  // namespace vestnik::net
