#include "analytics/statistics_json.h"

#include <utility>

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

}  // namespace vestnik::analytics
