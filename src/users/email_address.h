// E-mail addresses: RFC 5321 section 4.1.2 (Mailbox) with RFC 6531 (UTF-8) and IDNA 2008 domains.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik::users {

struct EmailAddress {
  // The local part as written, '@', the domain as lower-case A-labels: what SMTP needs, so only a local part
  // beyond ASCII asks for SMTPUTF8.
  std::string address;
  // The same for addresses that mean one user: local part without needless quotes, case-folded and in NFC.
  std::string key;
};

enum class EmailFault {
  control_character,  // or bytes that are not UTF-8
  too_long,           // whole > 254, local part > 64, label > 63 octets (RFC 5321 section 4.5.3.1, RFC 1035)
  local_part,
  domain,
};

// Taken: dot-atoms, quoted strings, UTF-8 in either part, single-label domains such as localhost (a
// self-hosted system may well serve one). Refused besides what the grammar refuses: comments and folding
// white space (RFC 5322, not in RFC 5321), address literals and all-numeric top-level labels (they name
// machines, not people's mailboxes). The message is a sentence for the client and does not hold the address.
Result<EmailAddress, Failure<EmailFault>> parse_email_address(std::string_view text);

}  // namespace vestnik::users
