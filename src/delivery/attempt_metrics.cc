#include "delivery/attempt_metrics.h"

#include <algorithm>

namespace vestnik::delivery {
namespace {

constexpr const char* no_provider = "none";

// Seconds: from a sandbox to an SMTP server's last limit.
const prometheus::Histogram::BucketBoundaries exchange_bounds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
// Seconds: from a lone notification's way to a day of retries.
const prometheus::Histogram::BucketBoundaries sent_bounds{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400};

// A clock that was set back makes no negative sum.
double seconds(auto duration) { return std::max(0.0, std::chrono::duration<double>(duration).count()); }

}  // namespace

AttemptMetrics::AttemptMetrics(Metrics& metrics, Channel channel, const Lanes& lanes)
    : limited_(metrics.counter("vestnik_delivery_limited_total", "Attempts that a rate limit put off",
                               {{"channel", std::string(to_string(channel))}})) {
  const auto add = [&](const std::string& provider) {
    Of& of = providers_[provider];
    const MetricLabels labels{{"channel", std::string(to_string(channel))}, {"provider", provider}};
    const auto with = [&](const char* name, const char* value) {
      MetricLabels more = labels;
      more[name] = value;
      return more;
    };
    for (const StepKind kind :
         {StepKind::sent, StepKind::deferred, StepKind::dead, StepKind::in_doubt, StepKind::expired})
      of.outcomes[kind] =
          &metrics.counter("vestnik_delivery_attempts_total", "Delivery attempts by how they ended",
                           with("outcome", std::string(to_string(kind)).c_str()));
    of.exchange = &metrics.histogram("vestnik_delivery_exchange_seconds",
                                     "From a message being handed to the provider to its answer",
                                     exchange_bounds, labels);
    of.sent = &metrics.histogram("vestnik_delivery_accepted_to_sent_seconds",
                                 "From an event's acceptance to the provider having taken the notification",
                                 sent_bounds, labels);
    const char* const name = "vestnik_delivery_receipts_total";
    const char* const help = "Receipts that said how a notification ended, by what they said";
    of.delivered = &metrics.counter(name, help, with("status", "delivered"));
    of.bounced = &metrics.counter(name, help, with("status", "bounced"));
  };
  for (const Lane& lane : lanes.all()) add(lane.name());
  add(no_provider);
}

AttemptMetrics::Of& AttemptMetrics::of(const std::string& provider) {
  const auto found = providers_.find(provider);
  return found == providers_.end() ? providers_.at(no_provider) : found->second;
}

void AttemptMetrics::ended(const std::string& provider, StepKind kind) {
  of(provider).outcomes.at(kind)->Increment();
}

void AttemptMetrics::exchanged(const std::string& provider, std::chrono::steady_clock::duration took) {
  of(provider).exchange->Observe(seconds(took));
}

void AttemptMetrics::sent(const std::string& provider, std::chrono::microseconds since_accepted) {
  of(provider).sent->Observe(seconds(since_accepted));
}

void AttemptMetrics::received(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (step.kind == StepKind::delivered) of(step.provider).delivered->Increment();
    if (step.kind == StepKind::bounced) of(step.provider).bounced->Increment();
  }
}

}  // namespace vestnik::delivery
