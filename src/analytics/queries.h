// What requests of the read API ask for, checked.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"
#include "store/timeline.h"

namespace vestnik::analytics {

struct SearchForm {
  store::NotificationFilter filter;
  std::string cursor;
  std::size_t limit = 0;
};
// GET /v1/notifications
Result<SearchForm, net::Problem> read_search(const net::HttpRequest& request);

enum class ExportFormat { csv, ndjson };
struct ExportForm {
  store::NotificationFilter filter;
  ExportFormat format = ExportFormat::ndjson;
};
// GET /v1/notifications/export
Result<ExportForm, net::Problem> read_export(const net::HttpRequest& request);

// GET /v1/stats; none: nothing is asked for but the present.
Result<std::optional<store::ReportQuery>, net::Problem> read_report(const net::HttpRequest& request,
                                                                    Timestamp now);

std::string_view to_string(store::Grain grain);       // "minute"
std::string_view to_string(store::GroupBy group_by);  // "template"

}  // namespace vestnik::analytics
