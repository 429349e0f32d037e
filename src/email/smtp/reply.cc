#include "email/smtp/reply.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace vestnik::email::smtp {
namespace {

// Reads 1 to 3 digits at `at` and moves past them; -1 if there are none.
int small_number(std::string_view text, std::size_t& at) {
  int value = 0;
  const std::size_t begin = at;
  while (at < text.size() && at - begin < 3 && is_digit(text[at])) value = value * 10 + (text[at++] - '0');
  return at == begin ? -1 : value;
}

// RFC 2034 section 4: the status is the first word of the text, its class the reply's first digit.
std::optional<EnhancedStatus> enhanced_status(int code, std::string_view text) {
  std::size_t at = 0;
  EnhancedStatus status;
  status.status_class = small_number(text, at);
  if (at != 1 || status.status_class != code / 100 || status.status_class == 3) return std::nullopt;
  if (at >= text.size() || text[at++] != '.') return std::nullopt;
  status.subject = small_number(text, at);
  if (status.subject < 0 || at >= text.size() || text[at++] != '.') return std::nullopt;
  status.detail = small_number(text, at);
  if (status.detail < 0 || (at < text.size() && text[at] != ' ')) return std::nullopt;
  return status;
}

}  // namespace

std::string EnhancedStatus::text() const {
  return std::to_string(status_class) + '.' + std::to_string(subject) + '.' + std::to_string(detail);
}

std::string Reply::code_text() const {
  return status ? std::to_string(code) + ' ' + status->text() : std::to_string(code);
}

std::string Reply::text(std::size_t octets_max) const {
  std::string out = std::to_string(code);
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    if (out.size() > octets_max) break;
    out += ' ';
    out += line;
  }
  return printable_utf8(out, octets_max);
}

Result<std::optional<Reply>, Failure<ReplyError>> ReplyParser::consume(std::string_view& input) {
  while (!input.empty()) {
    const std::size_t newline = input.find('\n');
    const bool whole = newline != std::string_view::npos;
    const std::size_t take = whole ? newline + 1 : input.size();
    octets_ += take;
    if (line_.size() + take > reply_line_octets_max || octets_ > reply_octets_max)
      return fail(ReplyError::too_long, "the server's reply is longer than is allowed");
    line_.append(input.substr(0, whole ? newline : take));
    input.remove_prefix(take);
    if (!whole) return std::nullopt;
    const auto last = take_line();
    if (!last) return std::unexpected(last.error());
    if (*last) {
      octets_ = 0;
      return std::exchange(reply_, {});
    }
  }
  return std::nullopt;
}

// True: it was the reply's last line.
Result<bool, Failure<ReplyError>> ReplyParser::take_line() {
  std::string line = std::exchange(line_, {});
  if (line.ends_with('\r')) line.pop_back();
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
    return fail(ReplyError::not_a_reply, "the server sent a line that is not an SMTP reply");
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  const char separator = line.size() == 3 ? ' ' : line[3];
  if (separator != ' ' && separator != '-')
    return fail(ReplyError::not_a_reply, "the server sent a line that is not an SMTP reply");
  if (!reply_.lines.empty() && code != reply_.code)
    return fail(ReplyError::mixed_codes, "the lines of one reply have different codes");
  if (reply_.lines.size() == reply_lines_max)
    return fail(ReplyError::too_long, "the server's reply has more lines than is allowed");
  const std::string_view text = line.size() > 4 ? std::string_view(line).substr(4) : std::string_view();
  if (reply_.lines.empty()) {
    reply_.code = code;
    reply_.status = enhanced_status(code, text);
  }
  reply_.lines.push_back(printable_utf8(text, reply_line_octets_max));
  return separator == ' ';
}

}  // namespace vestnik::email::smtp
