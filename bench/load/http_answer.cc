#include "bench/load/http_answer.h"

#include <charconv>
#include <utility>

#include "bench/load/ascii.h"

namespace vestnik::bench {
namespace {

constexpr std::size_t head_bytes_max = 16 * 1024;

struct Head {
  HttpAnswer answer;
  std::uint64_t body_bytes = 0;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// `text`: status line and fields, with the CRLF of the last of them but not the empty line.
Result<Head, HttpAnswerFault> read_head(std::string_view text) {
  Head head;
  if (!text.starts_with("HTTP/1.1 ") || !read_number(text.substr(9, 3), head.answer.status))
    return std::unexpected(HttpAnswerFault::malformed);
  bool has_length = head.answer.status == 204 || head.answer.status == 304;
  for (std::size_t begin = text.find("\r\n") + 2, end; begin < text.size(); begin = end + 2) {
    end = text.find("\r\n", begin);
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return std::unexpected(HttpAnswerFault::malformed);
    const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    if (equal_without_case(name, "Content-Length")) {
      if (!read_number(value, head.body_bytes)) return std::unexpected(HttpAnswerFault::malformed);
      has_length = true;
    } else if (equal_without_case(name, "Connection")) {
      head.answer.closes = equal_without_case(value, "close");
    }
  }
  if (!has_length) return std::unexpected(HttpAnswerFault::no_length);
  return head;
}

}  // namespace

Result<std::optional<HttpAnswer>, HttpAnswerFault> HttpAnswerReader::feed(std::string_view bytes) {
  if (!answer_) {
    // Nearly always the answer comes whole and is read where it lies.
    if (!head_.empty()) {
      head_ += bytes;
      bytes = head_;
    }
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) {
      if (bytes.size() > head_bytes_max) return std::unexpected(HttpAnswerFault::malformed);
      if (head_.empty()) head_ = bytes;
      return std::nullopt;
    }
    const auto head = read_head(bytes.substr(0, end + 2));
    if (!head) return std::unexpected(head.error());
    answer_ = head->answer;
    body_missing_ = head->body_bytes;
    bytes.remove_prefix(end + 4);
  }
  if (bytes.size() > body_missing_) return std::unexpected(HttpAnswerFault::unexpected);
  body_missing_ -= bytes.size();
  head_.clear();
  if (body_missing_ > 0) return std::nullopt;
  return std::exchange(answer_, std::nullopt);
}

}  // namespace vestnik::bench
