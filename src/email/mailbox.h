// A sender as EMAIL_FROM writes it: `Vestnik <no-reply@localhost>`, `"News, daily" <news@example.org>` or a
// bare address.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace vestnik::email {

struct Mailbox {
  std::string name;      // UTF-8, may be empty
  std::string address;   // local@domain, as given
  std::string a_domain;  // its domain in ASCII: what follows the @ in Message-ID
};

enum class MailboxError { malformed, address };

// The message says what to write instead.
Result<Mailbox, Failure<MailboxError>> parse_mailbox(std::string_view text);

}  // namespace vestnik::email
