// A template rendered as the planner would, from data at hand instead of an event.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "planning/template_set.h"

namespace vestnik::planning {

struct Preview {
  std::optional<Rendered> email;   // none: the template lacks a part that e-mail needs
  std::optional<std::string> sms;  // none: it has no sms.txt
};

// `data` holds what an event says of itself (email, phone, user_id, event_type) beside its own data.
Result<Preview, Failure<RenderError>> preview(const Template& used, const json::object& data);

}  // namespace vestnik::planning
