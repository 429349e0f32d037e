#include "analytics/live.h"

#include <utility>

#include "analytics/statistics_json.h"
#include "net/event_stream.h"

namespace vestnik::analytics {
namespace {

constexpr std::chrono::seconds period{1};
// A store that doesn't answer leaves the stream silent; after so many periods it says at least that it lives.
constexpr int silent_periods_max = 10;

}  // namespace

Live::Live(store::Timeline& timeline, std::function<json::object()> around, Scheduler& scheduler,
           Metrics& metrics)
    : timeline_(timeline),
      around_(std::move(around)),
      scheduler_(scheduler),
      listeners_(std::make_shared<Listeners<Box>>(
          listeners_max, metrics.gauge("vestnik_analytics_listeners", "Open streams of events by which one",
                                       {{"stream", "live"}}))) {}

void Live::add_routes(net::Router& router, const net::ApiKeys& keys) {
  router.add(
      "GET", "/v1/live", net::require_api_key(keys, [this](net::HttpRequest, net::Respond respond) {
        std::string first;
        net::append_comment(first, "an event a second");
        respond(event_stream(listeners_->add(Box(std::make_shared<const std::string>(std::move(first))))));
        scheduler_.post([this, alive = std::weak_ptr(alive_)] {
          if (!alive.expired()) tick();  // at once: who begins to look waits for no period
        });
      }));
}

void Live::stop() {
  stopped_ = true;
  timer_.reset();
}

void Live::tick() {
  timer_.reset();
  if (stopped_ || !listeners_->any()) return;
  timer_ = scheduler_.after(period, [this] { tick(); });
  if (ticks_awaited_ > 0) {
    if (ticks_awaited_++ % silent_periods_max == 0) {
      std::string text;
      net::append_comment(text, "the store has not answered yet");
      tell(std::move(text));
    }
    return;
  }
  ticks_awaited_ = 1;
  timeline_.stats(scheduler_.clock().now(),
                  back_on(scheduler_, alive_, [this](Result<store::Stats, store::Error> stats) {
                    ticks_awaited_ = 0;
                    if (!listeners_->any()) return;
                    json::object data{{"at", format_rfc3339(scheduler_.clock().now())}};
                    // Without statistics it says all the same what is wrong.
                    if (stats) data["stats"] = to_json(*stats);
                    for (auto& [name, value] : around_()) data[name] = std::move(value);
                    std::string text;
                    net::append_event(text, "stats", "", json::serialize(data));
                    tell(std::move(text));
                  }));
}

void Live::tell(std::string text) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  listeners_->tell([&](Box& box) { return box.put(shared); });
}

}  // namespace vestnik::analytics
