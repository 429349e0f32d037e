// Workflows: workflows/<event type>.yaml says which steps an event leads to.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/problem.h"
#include "model/notification.h"
#include "planning/source_files.h"

namespace vestnik::planning {

inline constexpr std::size_t steps_per_workflow_max = 32;
inline constexpr std::string_view default_category = "transactional";

struct WorkflowStep {
  std::string name;  // unique in its workflow: notification ids follow from it
  Channel channel = Channel::email;
  std::string template_name;
  std::string category{default_category};
  std::optional<std::chrono::milliseconds>
      expires_after;                   // from when it is due; unset: the channel's default
  std::chrono::milliseconds delay{0};  // from the event's acceptance

  // Where the template's name stands, for checks against the templates.
  std::string file;
  int line = 0;
  int column = 0;
};

struct Workflow {
  std::string event_type;
  std::string description;
  std::vector<WorkflowStep> steps;
};

using Workflows = std::map<std::string, Workflow, std::less<>>;  // by event type

// All problems of all files.
Result<Workflows, config::Problems> parse_workflows(const SourceFiles& files);

}  // namespace vestnik::planning
