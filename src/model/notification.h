// `notification-events`: a notification was planned. It holds all that a channel needs to deliver it,
// rendered (docs/adr/0003), so delivery depends on no template and a retry sends what the first attempt sent.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "model/limit.h"
#include "model/record.h"

namespace vestnik {

enum class Channel { email, sms };
inline constexpr std::array all_channels{Channel::email, Channel::sms};

std::string_view to_string(Channel channel);  // "email", "sms"
std::optional<Channel> parse_channel(std::string_view text);

struct Notification {
  NotificationId id;
  EventId event_id;
  std::string event_type;
  UserId user_id;
  Channel channel = Channel::email;
  std::string workflow;          // "user_registered"
  std::string step;              // "welcome_email"
  std::string template_version;  // "welcome@3f2a91c0"
  std::string category;          // "transactional"

  std::string to;       // address or E.164 number
  std::string subject;  // e-mail only
  std::string text;     // plain text of the e-mail, or the SMS
  std::string html;     // e-mail only; may be empty

  Timestamp accepted_at{};
  Timestamp planned_at{};
  std::optional<Timestamp> send_at;     // unset: at once
  std::optional<Timestamp> expires_at;  // after it the notification is not worth sending
  std::string traceparent;

  // What its category says, as it was when this was planned.
  int attempts_max = 0;        // 0: as the channel has it
  bool hold_in_doubt = false;  // what may have been accepted waits for a person instead of being resent
  std::optional<Limit> recipient_limit;  // attempts of this category to this recipient

  friend bool operator==(const Notification&, const Notification&) = default;
};

// The id that makes every step repeatable: the same event planned twice gives the same one. It begins with
// the time in the event's id, or else the user's (docs/adr/0014).
NotificationId notification_id(const EventId& event, const UserId& user, Channel channel,
                               std::string_view step);

Record encode(const Notification& notification);

// left_out: who doesn't deliver it has no use for subject, text and html.
enum class Content { kept, left_out };
Result<Notification, DecodeError> decode_notification(const Record& record, Content content = Content::kept);

}  // namespace vestnik
