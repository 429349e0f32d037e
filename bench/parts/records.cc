// What travels through the log, into its record and out of it.
#include "parts/part.h"
#include "parts/samples.h"

namespace vestnik::bench {
namespace {

Record event_record(std::size_t number) { return encode(registered_event(number)); }
Record notification_record(std::size_t number) { return encode(planned_email(number)); }

}  // namespace

Work event_encode() {
  return [events = InTurn(samples(registered_event))]() mutable { keep(encode(events.next())); };
}

Work event_decode() {
  return [records = InTurn(samples(event_record))]() mutable {
    const auto event = decode_user_event(records.next());
    require(event.has_value(), "the sample event can be read");
    keep(*event);
  };
}

Work notification_encode() {
  return [emails = InTurn(samples(planned_email))]() mutable { keep(encode(emails.next())); };
}

Work notification_decode() {
  return [records = InTurn(samples(notification_record))]() mutable {
    const auto notification = decode_notification(records.next());
    require(notification.has_value(), "the sample notification can be read");
    keep(*notification);
  };
}

}  // namespace vestnik::bench
