// Notifications as the API shows them and the export writes them.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "store/timeline.h"

namespace vestnik::analytics {

json::object to_json(const store::NotificationView& view);
// A member that is not there where it would be empty.
void put_text(json::object& object, std::string_view name, const std::string& text);

// Comma-separated values (RFC 4180), with the names of to_json() and without
// the timeline. Text that a spreadsheet would take for a formula is given an
// apostrophe: some of it is a peer's own words.
std::string_view csv_head();
void append_csv(std::string& out, const store::NotificationView& view);

}  // namespace vestnik::analytics
