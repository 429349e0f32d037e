#include "analytics/queries.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "analytics/parameters.h"
#include "model/step.h"

namespace vestnik::analytics {
namespace {

using store::Grain;
using store::GroupBy;

// RFC 5321 section 4.5.3.1: 64 and 255, and the @ between them.
constexpr std::size_t address_characters_max = 320;
// Twice what an id takes, and a time.
constexpr std::size_t cursor_characters_max = 1024;
// What one answer may hold, and one query of the store may cost.
constexpr std::int64_t points_max = 1500;
// Some hundred points where nothing is asked for.
constexpr std::chrono::hours range_default{1}, minutes_up_to{6}, hours_up_to{24 * 31};

const std::vector<std::string_view> filter_names{"user_id",    "recipient", "event_id", "channel",
                                                 "state",      "provider",  "template", "category",
                                                 "event_type", "error",     "from",     "to"};

constexpr std::pair<std::string_view, Grain> grains[] = {
    {"minute", Grain::minute}, {"hour", Grain::hour}, {"day", Grain::day}};
constexpr std::pair<std::string_view, GroupBy> groupings[] = {
    {"none", GroupBy::none},         {"channel", GroupBy::channel},
    {"provider", GroupBy::provider}, {"template", GroupBy::template_name},
    {"category", GroupBy::category}, {"event_type", GroupBy::event_type},
    {"error", GroupBy::error}};

template <class Names, class Value>
std::string_view name_of(const Names& names, Value value) {
  for (const auto& [name, of] : names)
    if (of == value) return name;
  return "";
}
template <class Value, std::size_t n>
Value named(const std::pair<std::string_view, Value> (&names)[n], std::string_view text) {
  for (const auto& [name, value] : names)
    if (name == text) return value;
  return names[0].second;
}

bool is_state(std::string_view text) { return text == "planned" || parse_step_kind(text); }

std::vector<std::string_view> with_filters(std::initializer_list<std::string_view> further) {
  std::vector<std::string_view> names = filter_names;
  names.insert(names.end(), further);
  return names;
}

store::NotificationFilter read_filter(Parameters& parameters) {
  store::NotificationFilter filter{
      .user_id = {parameters.text("user_id")},
      .event_id = {parameters.text("event_id")},
      .recipient = parameters.text("recipient", address_characters_max),
      .channel = parameters.channel(),
      .states = parameters.all_of("state", is_state, "be planned, or a kind of step such as sent or dead"),
      .provider = parameters.text("provider"),
      .template_name = parameters.text("template"),
      .category = parameters.text("category"),
      .event_type = parameters.text("event_type"),
      .error = parameters.text("error"),
      .from = parameters.time("from"),
      .before = parameters.time("to")};
  return filter;
}

Grain grain_for(Timestamp from, Timestamp to) {
  if (to - from <= minutes_up_to) return Grain::minute;
  return to - from <= hours_up_to ? Grain::hour : Grain::day;
}

// As the store widens it.
std::int64_t points(Timestamp from, Timestamp to, Grain grain) {
  const std::int64_t us = std::chrono::microseconds(store::width(grain)).count();
  const auto floor = [us](std::int64_t value) { return value / us - (value % us < 0 ? 1 : 0); };
  return floor(to_unix_us(to) - 1) - floor(to_unix_us(from)) + 1;
}

}  // namespace

Result<SearchForm, net::Problem> read_search(const net::HttpRequest& request) {
  Parameters parameters(request, with_filters({"limit", "cursor"}), {"state"});
  SearchForm form{.filter = read_filter(parameters),
                  .cursor = parameters.text("cursor", cursor_characters_max),
                  .limit = parameters.limit(page_limit_default, page_limit_max)};
  if (!store::is_cursor(form.cursor)) parameters.refuse("cursor", "be what `next` of the page before says");
  if (parameters.problem()) return std::unexpected(*parameters.problem());
  return form;
}

Result<ExportForm, net::Problem> read_export(const net::HttpRequest& request) {
  Parameters parameters(request, with_filters({"format"}), {"state"});
  ExportForm form{.filter = read_filter(parameters)};
  if (parameters.one_of("format", {"csv", "ndjson"}, "ndjson") == "csv") form.format = ExportFormat::csv;
  if (parameters.problem()) return std::unexpected(*parameters.problem());
  return form;
}

Result<std::optional<store::ReportQuery>, net::Problem> read_report(const net::HttpRequest& request,
                                                                    Timestamp now) {
  Parameters parameters(request, {"from", "to", "step", "group_by", "channel", "provider", "template",
                                  "category", "event_type"});
  const auto from = parameters.time("from");
  const auto to = parameters.time("to");
  const std::string step = parameters.one_of("step", {"minute", "hour", "day"}, "");
  store::ReportQuery query{
      .group_by = named(groupings, parameters.one_of("group_by",
                                                     {"none", "channel", "provider", "template", "category",
                                                      "event_type", "error"},
                                                     "none")),
      .channel = parameters.channel(),
      .provider = parameters.text("provider"),
      .template_name = parameters.text("template"),
      .category = parameters.text("category"),
      .event_type = parameters.text("event_type")};
  query.to = to.value_or(from ? std::max(now, *from + range_default) : now);
  query.from = from.value_or(query.to - range_default);
  query.grain = step.empty() ? grain_for(query.from, query.to) : named(grains, step);
  if (query.from >= query.to) parameters.refuse("from", "be before to");
  if (points(query.from, query.to, query.grain) > points_max)
    parameters.refuse("step", "be larger, or the range smaller: at most 1500 points are answered");
  if (parameters.problem()) return std::unexpected(*parameters.problem());
  if (request.query.empty()) return std::nullopt;
  return query;
}

std::string_view to_string(Grain grain) { return name_of(grains, grain); }
std::string_view to_string(GroupBy group_by) { return name_of(groupings, group_by); }

}  // namespace vestnik::analytics
