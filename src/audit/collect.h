// Reads from log and store what the audit compares.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "audit/facts.h"
#include "log/reader.h"
#include "model/event.h"
#include "store/inventory.h"

namespace vestnik::audit {

struct Sources {
  log::Reader& log;
  store::Inventory& store;
  std::string user_events, notification_events, analytics_events;  // topics
  std::string notification_service, analytics_service;             // groups
  std::map<Channel, std::string> channel_services;                 // groups
};

// What an event leads to under the workflows that are in force now.
struct WorkflowStep {
  NotificationId id;
  Channel channel = Channel::email;
  std::uint16_t step = 0;  // the same for this step of this workflow every time
};
using StepsOf = std::function<std::vector<WorkflowStep>(const UserEvent& event)>;

// How far it is: `done` of `all` (0: not known) of what `what` names. Called often.
using Progress = std::function<void(std::string_view what, std::int64_t done, std::int64_t all)>;

// Throws std::runtime_error with what to do when something can't be read. `ids` takes the texts of ids that
// are no UUIDs.
Facts collect(const Sources& sources, const StepsOf& steps_of, Ids& ids, const Progress& progress);

}  // namespace vestnik::audit
