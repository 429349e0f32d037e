// Reading the read side.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/lane.h"
#include "store/postgres/timeline.h"

namespace vestnik::store::postgres {

inline constexpr std::string_view select_groups = "SELECT number, text FROM readside_names WHERE kind = 0";

// The lanes' work.
std::vector<std::optional<NotificationView>> view_all(const Try& go, const std::vector<std::string>& ids);
std::vector<NotificationPage> search_all(const Try& go,
                                         const std::vector<PostgresTimeline::Searching>& requests);
std::vector<Stats> count_all(const Try& go, const std::vector<Timestamp>& times);
std::vector<Report> report_all(const Try& go, const std::vector<ReportQuery>& queries);

}  // namespace vestnik::store::postgres
