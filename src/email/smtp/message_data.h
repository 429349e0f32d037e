// A message as it goes over the wire after DATA.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vestnik::email::smtp {

struct MessageData {
  std::string wire;        // lines end in CRLF, leading dots are doubled, the last line is the dot
  std::size_t octets = 0;  // as SIZE counts: without doubled dots and the last line (RFC 1870 section 5)
  bool eight_bit = false;
};

// CRLF, bare CR and bare LF each become one CRLF before dots are doubled (RFC 5321 section 4.5.2), so that
// nothing in `message` can look like its end to a server that takes `<LF>.<LF>` for it: it arrives as text in
// one message.
MessageData encode_message(std::string_view message);

}  // namespace vestnik::email::smtp
