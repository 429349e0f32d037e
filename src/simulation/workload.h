// What happens to the simulated users, and what must come of it: said here a second time, in plain tables, so
// that the planner is not its own witness.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"
#include "model/limit.h"
#include "model/notification.h"
#include "planning/configured.h"
#include "simulation/dice.h"

namespace vestnik::simulation {

struct ExpectedStep {
  std::string_view event_type;
  std::string_view name;
  Channel channel;
  Duration delay;
  Duration expires_after;  // from when it is due
  bool hold_in_doubt;
  int attempts_max;  // 0: as the channel has it
  std::optional<Limit> recipient_limit;
};

inline const std::array<ExpectedStep, 7> expected_steps{{
    {"user_registered", "welcome_email", Channel::email, 0s, 1h, false, 0, {}},
    {"user_registered", "welcome_sms", Channel::sms, 0s, 1h, false, 0, {}},
    {"order_placed", "receipt_email", Channel::email, 0s, 1h, false, 0, {}},
    {"code_wanted", "code_sms", Channel::sms, 0s, 5min, true, 3, {}},
    {"digest_made", "digest_email", Channel::email, 4s, 1h, false, 0, Limit{2, std::chrono::seconds(10)}},
    {"visit_near", "visit_sms", Channel::sms, 2s, 1h, false, 0, {}},
    {"flash_sale", "flash_email", Channel::email, 0s, 20s, false, 0, {}},
}};
inline constexpr std::array<std::string_view, 6> event_types{"user_registered", "order_placed", "code_wanted",
                                                             "digest_made",     "visit_near",   "flash_sale"};

// The same as workflows, categories and templates, through the project's own parsers. Made once, read by all.
std::shared_ptr<const planning::Configured> configured();

// One request of a client, repeated with the same key until it is answered.
struct Request {
  UserEvent event;
  std::size_t user = 0;
  bool answered = false;
};

// A notification that must come of an accepted request.
struct Expected {
  NotificationId id;
  const ExpectedStep* step = nullptr;
  std::size_t user = 0;
  std::uint64_t order = 0;  // among the user's accepted requests
  Timestamp accepted_at{};  // of the latest try
  bool accepted = false;    // the client has been told so
};
std::vector<Expected> expected_of(const UserEvent& event);

}  // namespace vestnik::simulation
