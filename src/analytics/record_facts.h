// What the records of the three topics say, as facts of the timeline.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/record.h"
#include "store/facts.h"

namespace vestnik::analytics {

struct Topics {
  std::string user_events = "user-events";
  std::string notification_events = "notification-events";
  std::string analytics_events = "analytics-events";
};

// `topic`: one of these.
Result<store::Fact, DecodeError> fact_of(const Topics& topics, std::string_view topic, const Record& record);

}  // namespace vestnik::analytics
