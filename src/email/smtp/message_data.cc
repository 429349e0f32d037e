#include "email/smtp/message_data.h"

#include <algorithm>

#include "base/text.h"

namespace vestnik::email::smtp {
namespace {

// Where a character is next, found once: each byte is looked at once for each character, however the lines
// end.
class Next {
 public:
  Next(std::string_view text, char c) : text_(text), c_(c), at_(text.find(c)) {}
  // The first one at or after `from`, the text's size if there is none; `from` never falls.
  std::size_t at_or_after(std::size_t from) {
    if (at_ < from) at_ = text_.find(c_, from);
    return std::min(at_, text_.size());
  }

 private:
  std::string_view text_;
  char c_;
  std::size_t at_;
};

}  // namespace

MessageData encode_message(std::string_view message) {
  MessageData data;
  data.wire.reserve(message.size() + message.size() / 32 + 16);
  data.eight_bit = !is_ascii(message);
  std::size_t doubled = 0;
  Next cr(message, '\r');
  Next lf(message, '\n');
  for (std::size_t begin = 0; begin < message.size();) {
    const std::size_t end = std::min(cr.at_or_after(begin), lf.at_or_after(begin));
    if (message[begin] == '.') {
      data.wire += '.';
      ++doubled;
    }
    data.wire += message.substr(begin, end - begin);
    data.wire += "\r\n";
    const bool crlf = message.substr(end).starts_with("\r\n");
    begin = end + (crlf ? 2 : 1);
  }
  data.octets = data.wire.size() - doubled;
  data.wire += ".\r\n";
  return data;
}

}  // namespace vestnik::email::smtp
