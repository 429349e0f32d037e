// A planned e-mail as an Internet message.
#include "email/mime.h"

#include "parts/part.h"
#include "parts/samples.h"

namespace vestnik::bench {

Work mime() {
  const auto from = email::parse_mailbox("Vestnik <no-reply@example.org>");
  require(from.has_value(), "the sender is an address");
  return [from = *from, emails = InTurn(samples(planned_email))]() mutable {
    const auto message = email::render_message(emails.next(), from);
    require(message.has_value(), "the sample e-mail can be rendered");
    keep(*message);
  };
}

}  // namespace vestnik::bench
