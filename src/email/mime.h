// A notification as an Internet message (RFC 5322, MIME).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "email/mailbox.h"
#include "email/smtp/address.h"
#include "model/notification.h"

namespace vestnik::email {

// The whole message, lines of at most 998 octets ending in CRLF, seven bits but for a `To` that needs
// SMTPUTF8. A pure function: a retry sends the same bytes but for `traceparent`, a header of that name unless
// it is empty (docs/adr/0017). `Date` is when the notification was to go out
// (send_at, else planned_at), `Message-ID` the notification's id at the sender's domain. Text, and HTML where
// there is some, as multipart/alternative. Fails only for an address that can't go over SMTP. Safe from any
// thread.
Result<std::string, Failure<smtp::AddressError>> render_message(const Notification& notification,
                                                                const Mailbox& from,
                                                                std::string_view traceparent = {});

}  // namespace vestnik::email
