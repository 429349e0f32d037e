// `user-events`: something happened to a user and was accepted.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "model/record.h"

namespace vestnik {

struct UserEvent {
  EventId event_id;
  std::string event_type;  // "user_registered"
  UserId user_id;
  std::string email;  // empty: the user has none
  std::string phone;  // E.164, empty: the user has none
  Timestamp accepted_at{};
  json::object data;        // what templates may use, `name` among it
  std::string traceparent;  // W3C Trace Context, empty: none

  friend bool operator==(const UserEvent&, const UserEvent&) = default;
};

inline constexpr std::string_view user_registered = "user_registered";

// Follows from the user, so that a registration appended again is the same event to everybody behind the log.
EventId registration_id(const UserId& user);

// The value keeps the fields event_type, user_id, email, phone and timestamp (RFC 3339); `data` follows if
// not empty.
Record encode(const UserEvent& event);
Result<UserEvent, DecodeError> decode_user_event(const Record& record);

}  // namespace vestnik
