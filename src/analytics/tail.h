// GET /v1/tail: the facts as the collector applies them, for whoever wants to watch. What this process
// doesn't apply, because another member of the group has the partition, is not there; what is delivered to it
// twice comes twice, with the same id.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analytics/listeners.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "model/step.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "store/facts.h"

namespace vestnik::analytics {

// What a listener wants to see: all of it must hold, and what is empty holds for everything.
struct TailFilter {
  std::optional<Channel> channel;
  std::vector<std::string> what;  // "accepted", "planned" or a StepKind's name
  std::string provider;
  std::string user_id, notification_id;  // store::pack_id()
};

// The facts of a batch that a filter lets pass, as text.
class TailPage {
 public:
  // Oldest first.
  TailPage(std::shared_ptr<const store::FactBatch> facts, const TailFilter& filter);

  // Appends events until there are no more, or `out` has `bytes_max`.
  void write(std::string& out, std::size_t bytes_max);
  bool at_end() const { return next_ == entries_.size(); }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Timestamp at;
    const store::AcceptedFact* event = nullptr;  // else:
    const store::TimelineRow* row = nullptr;
    const store::StepFact* step = nullptr;  // none: the plan
  };

  std::shared_ptr<const store::FactBatch> facts_;  // what the entries point into
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

// A listener's facts, as whole batches that all listeners share: its own thread chooses and writes. When it
// doesn't keep up, what comes is counted and let go until it has taken what waits.
class TailBox {
 public:
  explicit TailBox(TailFilter filter);

  // False: it waits no longer for something than before.
  bool put(const std::shared_ptr<const store::FactBatch>& facts);
  bool put_comment();

  bool has_news() const { return comment_ || missed_ > 0 || !news_.empty(); }
  void fetch();
  std::string write();

 private:
  TailFilter filter_;
  // Filled.
  std::deque<std::shared_ptr<const store::FactBatch>> news_;
  std::size_t waiting_ = 0;  // facts in news_
  std::int64_t missed_ = 0;  // since the last fetch()
  bool comment_ = true;
  // Emptied.
  std::deque<std::shared_ptr<const store::FactBatch>> fetched_;
  std::optional<TailPage> page_;
  std::int64_t fetched_missed_ = 0;
  bool fetched_comment_ = false;
};

// Lives on one Scheduler, which must outlive it.
class Tail {
 public:
  static constexpr std::size_t listeners_max = 16;

  Tail(Scheduler& scheduler, Metrics& metrics);

  void add_routes(net::Router& router, const net::ApiKeys& keys);
  // On the scheduler. Costs nothing when nobody listens, and next to nothing otherwise.
  void applied(const std::shared_ptr<const store::FactBatch>& facts);
  // The last to run on the scheduler.
  void stop();

 private:
  void listen(const net::HttpRequest& request, net::Respond respond);
  void tick();

  Scheduler& scheduler_;
  const std::shared_ptr<Listeners<TailBox>> listeners_;
  std::unique_ptr<Timer> timer_;  // set while somebody listens
  bool stopped_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
};

}  // namespace vestnik::analytics
