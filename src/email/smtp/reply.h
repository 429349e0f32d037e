// Replies of an SMTP server (RFC 5321 section 4.2), read byte by byte as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/outcome.h"

namespace vestnik::email::smtp {

// RFC 5321 section 4.5.3.1.5 allows 512 octets with CRLF; servers that quote policies and addresses exceed
// it.
inline constexpr std::size_t reply_line_octets_max = 2048;
inline constexpr std::size_t reply_lines_max = 128;
inline constexpr std::size_t reply_octets_max = 16 * 1024;

// RFC 3463: class.subject.detail, "5.1.1".
struct EnhancedStatus {
  int status_class = 0;  // 2, 4 or 5, always the first digit of the code it came with
  int subject = 0;       // 0..999
  int detail = 0;        // 0..999

  std::string text() const;
  friend bool operator==(const EnhancedStatus&, const EnhancedStatus&) = default;
};

struct Reply {
  int code = 0;  // 200..599
  std::optional<EnhancedStatus> status;
  // Without code, separator and line end; printable UTF-8 (base/text.h).
  std::vector<std::string> lines;

  bool positive() const { return code / 100 == 2; }
  bool transient() const { return code / 100 == 4; }
  bool permanent() const { return code / 100 == 5; }
  // "550 5.1.1": what may be logged.
  std::string code_text() const;
  // Code and lines joined by spaces, cut to `octets_max` at a character's border.
  std::string text(std::size_t octets_max = answer_bytes_max) const;
};

enum class ReplyError {
  not_a_reply,  // no three digits 2xx..5xx, or something other than space or '-' after them
  mixed_codes,  // the lines of one reply differ in their code
  too_long,     // a line, the number of lines or the whole
};

class ReplyParser {
 public:
  // Takes bytes from the front of `input` until one reply is whole; what follows it stays in `input`. Empty:
  // more bytes are needed (all of `input` was taken). A bare LF ends a line too. After an error the parser is
  // of no further use: where the next reply begins is unknown.
  Result<std::optional<Reply>, Failure<ReplyError>> consume(std::string_view& input);

  // Inside a reply: some of it has come, its end has not.
  bool in_reply() const { return octets_ > 0; }

 private:
  Result<bool, Failure<ReplyError>> take_line();

  std::string line_;
  std::size_t octets_ = 0;
  Reply reply_;
};

}  // namespace vestnik::email::smtp
