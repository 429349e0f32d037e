#include "analytics/statistics_json.h"

#include <utility>

#include "analytics/queries.h"

namespace vestnik::analytics {
namespace {

json::object to_json(const store::ChannelStats& stats) {
  json::object states;
  for (const auto& [state, count] : stats.states) states[state] = count;
  return {{"states", std::move(states)},
          {"sandboxed", stats.sandboxed},
          {"planned_last_minute", stats.planned_last_minute},
          {"sent_last_minute", stats.sent_last_minute},
          {"latency_ms", json::object{{"accepted_to_sent", analytics::to_json(stats.accepted_to_sent)},
                                      {"sent_to_delivered", analytics::to_json(stats.sent_to_delivered)}}}};
}

json::array to_json(const std::vector<std::int64_t>& counts) {
  return json::array(counts.begin(), counts.end());
}

json::object to_json(const store::ReportGroup& group) {
  json::object totals, series, latency;
  for (const auto& [what, count] : group.totals) totals[what] = count;
  for (const auto& [what, counts] : group.series) series[what] = to_json(counts);
  for (const auto& [what, summary] : group.latency) latency[what] = analytics::to_json(summary);
  return {{"name", group.name},
          {"totals", std::move(totals)},
          {"series", std::move(series)},
          {"latency_ms", std::move(latency)}};
}

json::object to_json(const store::ErrorCount& error) {
  return {{"channel", to_string(error.channel)},
          {"what", error.what},
          {"error", error.error},
          {"count", error.count}};
}

}  // namespace

json::object to_json(const store::LatencySummary& latency) {
  return {
      {"count", latency.count}, {"p50", latency.p50_ms}, {"p90", latency.p90_ms}, {"p99", latency.p99_ms}};
}

json::object to_json(const store::Stats& stats) {
  json::object channels;
  for (Channel channel : all_channels) {
    const auto found = stats.channels.find(channel);
    channels[to_string(channel)] =
        to_json(found == stats.channels.end() ? store::ChannelStats{} : found->second);
  }
  return {{"events_accepted", stats.events_accepted}, {"channels", std::move(channels)}};
}

json::object to_json(const store::Report& report, store::GroupBy group_by) {
  json::array times, groups, errors;
  for (const Timestamp time : report.times) times.emplace_back(format_rfc3339(time));
  for (const store::ReportGroup& group : report.groups) groups.push_back(to_json(group));
  for (const store::ErrorCount& error : report.top_errors) errors.push_back(to_json(error));
  return {{"from", format_rfc3339(report.from)},
          {"to", format_rfc3339(report.to)},
          {"step", to_string(report.grain)},
          {"group_by", to_string(group_by)},
          {"times", std::move(times)},
          {"events_accepted", report.events_accepted},
          {"accepted", to_json(report.accepted)},
          {"groups", std::move(groups)},
          {"errors", std::move(errors)}};
}

}  // namespace vestnik::analytics
