#include "email/smtp/message_data.h"

#include <algorithm>

namespace vestnik::email::smtp {

MessageData encode_message(std::string_view message) {
  MessageData data;
  data.wire.reserve(message.size() + message.size() / 32 + 16);
  data.eight_bit = std::ranges::any_of(message, [](unsigned char c) { return c >= 0x80; });
  std::size_t doubled = 0;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find_first_of("\r\n"), message.size());
    if (message.front() == '.') {
      data.wire += '.';
      ++doubled;
    }
    data.wire += message.substr(0, end);
    data.wire += "\r\n";
    const bool crlf = message.substr(end).starts_with("\r\n");
    message.remove_prefix(std::min(end + (crlf ? 2 : 1), message.size()));
  }
  data.octets = data.wire.size() - doubled;
  data.wire += ".\r\n";
  return data;
}

}  // namespace vestnik::email::smtp
