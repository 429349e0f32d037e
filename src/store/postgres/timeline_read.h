// Reading the read side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/postgres/lane.h"
#include "store/postgres/timeline.h"

namespace vestnik::store::postgres {

// The lanes' work.
std::vector<std::optional<NotificationView>> view_all(const Try& go, const std::vector<std::string>& ids);
std::vector<NotificationPage> search_all(const Try& go,
                                         const std::vector<PostgresTimeline::Searching>& requests);
std::vector<Stats> count_all(const Try& go, const std::vector<Timestamp>& times);
std::vector<Report> report_all(const Try& go, const std::vector<ReportQuery>& queries);

}  // namespace vestnik::store::postgres
