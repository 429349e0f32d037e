// What a server said it can do in its answer to EHLO (RFC 5321 section 4.1.1.1).
#pragma once

#include <cstdint>
#include <optional>

#include "email/smtp/reply.h"

namespace vestnik::email::smtp {

struct Capabilities {
  bool pipelining = false;      // RFC 2920
  bool starttls = false;        // RFC 3207
  bool eight_bit_mime = false;  // RFC 6152
  bool smtputf8 = false;        // RFC 6531
  bool auth_plain = false;      // RFC 4954, RFC 4616
  bool auth_login = false;
  bool size = false;                      // RFC 1870
  std::optional<std::uint64_t> size_max;  // octets; unset: the server names no limit
};

Capabilities parse_capabilities(const Reply& ehlo);

}  // namespace vestnik::email::smtp
