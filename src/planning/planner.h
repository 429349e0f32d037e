// From an event to its notifications: a pure function of the event and the configuration.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/event.h"
#include "model/notification.h"
#include "model/step.h"
#include "planning/configured.h"

namespace vestnik::planning {

// Names that a template can use for every event; the members of the event's `data` come after them.
inline constexpr std::array<std::string_view, 5> names_always_there{"name", "email", "phone", "user_id",
                                                                    "event_type"};

struct Plan {
  bool has_workflow = false;                // false: no workflow waits for this type of event
  std::vector<Notification> notifications;  // in the order of the workflow's steps
  std::vector<Step> steps;                  // skipped: no contact; dead: the template couldn't be rendered
};

// `planned_at` only dates what is planned; ids, contents and due times follow from event and configuration
// alone.
Plan plan(const UserEvent& event, const Configured& configured, Timestamp planned_at);

}  // namespace vestnik::planning
