#include <cstdint>
#include <cstdlib>

#include "email/smtp/address.h"
#include "email/smtp/capabilities.h"
#include "email/smtp/reply.h"

using namespace vestnik::email::smtp;

namespace {

// Replies read from `bytes` in pieces of `piece`, as one comparable text.
std::string read_all(std::string_view bytes, std::size_t piece) {
  ReplyParser parser;
  std::string seen;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    while (!input.empty()) {
      const auto reply = parser.consume(input);
      if (!reply) return seen + "error";
      if (!*reply) break;
      if ((*reply)->lines.empty() || (*reply)->code < 200 || (*reply)->code > 599) std::abort();
      const std::string text = (*reply)->text();
      if (text.size() > vestnik::answer_bytes_max || !is_utf8(text)) std::abort();
      parse_capabilities(**reply);
      seen += (*reply)->code_text() + text + '\n';
    }
  }
  return seen;
}

}  // namespace

// However the bytes are cut, the replies are the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = read_all(bytes, bytes.size() + 1);
  if (read_all(bytes, 1) != whole || read_all(bytes, 7) != whole) std::abort();
  return 0;
}
