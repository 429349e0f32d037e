// GET /v1/live: what the dashboard shows, once a second, for as long as somebody looks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "analytics/listeners.h"
#include "base/executor.h"
#include "base/json.h"
#include "base/metrics.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "store/timeline.h"

namespace vestnik::analytics {

// Lives on one Scheduler; everything passed must outlive it. Whoever can't keep up misses events, and gets
// the newest.
class Live {
 public:
  static constexpr std::size_t listeners_max = 64;

  // `around`: what stands beside the statistics in each event; called on the scheduler, must not block.
  Live(store::Timeline& timeline, std::function<json::object()> around, Scheduler& scheduler,
       Metrics& metrics);

  void add_routes(net::Router& router, const net::ApiKeys& keys);
  // The last to run on the scheduler.
  void stop();

 private:
  // An event at a time, the newest.
  class Box {
   public:
    explicit Box(std::shared_ptr<const std::string> first) : news_(std::move(first)) {}
    bool put(std::shared_ptr<const std::string> event) {
      news_ = std::move(event);
      return true;
    }
    bool has_news() const { return news_ != nullptr; }
    void fetch() { fetched_ = std::exchange(news_, nullptr); }
    std::string write() { return fetched_ ? *std::exchange(fetched_, nullptr) : ""; }

   private:
    std::shared_ptr<const std::string> news_, fetched_;
  };

  void tick();
  void tell(std::string text);

  store::Timeline& timeline_;
  const std::function<json::object()> around_;
  Scheduler& scheduler_;
  const std::shared_ptr<Listeners<Box>> listeners_;
  std::unique_ptr<Timer> timer_;  // set while somebody listens
  int ticks_awaited_ = 0;         // since the store was asked; 0: it has answered
  bool stopped_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
};

}  // namespace vestnik::analytics
