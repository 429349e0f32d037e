// How a notification's facts are kept and shown.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/timeline.h"

namespace vestnik::store {

// The furthest step in the order of store/timeline.h; none: planned.
const StepFact* furthest_step(std::span<const StepFact> steps);
// The state's number in a table: 0 planned, else 1 + code(kind).
int state_code(const TimelineRow& row);
std::string_view state_name(int state_code);
// When the notification is first heard of: what listings are ordered by.
Timestamp first_at(const TimelineRow& row);

// The last step that failed, in time; null: none did.
const StepFact* last_failure(std::span<const StepFact> steps);
// What stands before '@' in the template's version.
std::string_view template_name(const PlanFact& plan);

// `event`: for a notification whose plan is not known.
NotificationView view_of(const TimelineRow& row, const std::optional<AcceptedFact>& event,
                         bool with_timeline);

// `facts` as kept in one column; the id is the table's key. Reads what older versions kept, too.
std::string pack_facts(const TimelineRow& row);
TimelineRow unpack_facts(std::string_view id_packed, std::string_view facts);

}  // namespace vestnik::store
