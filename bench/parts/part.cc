#include "parts/part.h"

#include <array>
#include <stdexcept>

namespace vestnik::bench {
namespace {

constexpr std::array all_parts{
    Part{"http-reader", "request", http_reader},
    Part{"registration", "body", registration},
    Part{"event-encode", "record", event_encode},
    Part{"event-decode", "record", event_decode},
    Part{"render-email", "e-mail", render_email},
    Part{"plan", "event", plan_event},
    Part{"notification-encode", "record", notification_encode},
    Part{"notification-decode", "record", notification_decode},
    Part{"mime", "message", mime},
    Part{"smtp-transaction", "message", smtp_transaction},
    Part{"sms-segment", "SMS", sms_segment},
    Part{"gsm-packing", "SMS", gsm_packing},
    Part{"smpp-submit-encode", "PDU", submit_encode},
    Part{"smpp-response-decode", "PDU", response_decode},
};

}  // namespace

std::span<const Part> parts() { return all_parts; }

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

}  // namespace vestnik::bench
