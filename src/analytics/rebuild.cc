#include "analytics/rebuild.h"

#include <exception>
#include <future>
#include <pthread.h>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "net/http_api.h"

namespace vestnik::analytics {
namespace {

using State = RebuildStatus::State;

std::string_view to_string(State state) {
  switch (state) {
    case State::idle: return "idle";
    case State::running: return "running";
    case State::failed: return "failed";
  }
  return "";
}

// Another process began one later; it goes on there.
class Replaced : public std::exception {};

}  // namespace

json::object to_json(const RebuildStatus& status) {
  json::object object{{"state", to_string(status.state)},
                      {"records_done", status.records_done},
                      {"records_total", status.records_total}};
  if (status.started_at) object["started_at"] = format_rfc3339(*status.started_at);
  if (status.finished_at) object["finished_at"] = format_rfc3339(*status.finished_at);
  if (!status.error.empty()) object["error"] = status.error;
  return object;
}

// One rebuild, from the store's begin on.
class Rebuild::Run {
 public:
  Run(Rebuild& rebuild, store::RebuildId id) : rebuild_(rebuild), id_(id) {}

  void read(log::Reader& log, const log::PartitionRange& range) {
    const std::int64_t before = rebuild_.records_done_;
    log.read(range, [&](std::int64_t offset, const Record& record) {
      take(range.partition.topic, record);
      // Offsets may be missing, and count as read too.
      rebuild_.records_done_ = before + offset + 1 - range.first;
    });
    rebuild_.records_done_ = before + range.end - range.first;
  }

  void write() {
    if (facts_.empty()) return;
    const auto batch = std::make_shared<const store::FactBatch>(std::exchange(facts_, {}));
    const bool written = rebuild_.ask<bool>([&](store::Done<bool> done) {
      rebuild_.timeline_.apply_to_rebuild(id_, batch, rebuild_.clock_.now(), std::move(done));
    });
    if (!written) throw Replaced();
  }

 private:
  void take(const std::string& topic, const Record& record) {
    // One that can't be read was let go by the collector as well, which said
    // so.
    if (auto fact = fact_of(rebuild_.options_.topics, topic, record)) facts_.push_back(std::move(*fact));
    if (facts_.size() >= rebuild_.options_.batch_max) write();
  }

  Rebuild& rebuild_;
  const store::RebuildId id_;
  std::vector<store::Fact> facts_;
};

Rebuild::Rebuild(RebuildOptions options, store::Timeline& timeline, const Clock& clock)
    : options_(std::move(options)), timeline_(timeline), clock_(clock) {}

Rebuild::~Rebuild() { stop(); }

void Rebuild::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "rebuild");
    try {
      work();
    } catch (const Stopped&) {
    }
  });
}

void Rebuild::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Rebuild::begin() {
  {
    const std::lock_guard lock(mutex_);
    if (wanted_ || status_.state == State::running) return false;
    wanted_ = true;
    records_done_ = 0;
    status_ = {.state = State::running, .started_at = clock_.now()};
  }
  changed_.notify_all();
  return true;
}

RebuildStatus Rebuild::status() const {
  const std::lock_guard lock(mutex_);
  RebuildStatus status = status_;
  status.records_done = records_done_;
  return status;
}

void Rebuild::work() {
  const auto found =
      ask<store::RebuildState>([this](auto done) { timeline_.rebuild_state(std::move(done)); });
  if (found != store::RebuildState::none) begin();
  shed();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return wanted_ || stopping_; });
      if (stopping_) return;
      wanted_ = false;
    }
    try {
      run_once();
    } catch (const Replaced&) {
      end(State::failed, "Another process began a rebuild later; it goes on there.");
    } catch (const std::exception& failure) {
      end(State::failed, failure.what());
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.failure_pause, [this] { return wanted_ || stopping_; });
      lock.unlock();
      begin();
    }
  }
}

void Rebuild::run_once() {
  logging::info("analytics-service", "a rebuild of the timeline begins");
  const auto id = ask<store::RebuildId>([this](auto done) { timeline_.begin_rebuild(std::move(done)); });
  shed();
  const auto log = options_.open_log();
  std::vector<log::PartitionRange> ranges;
  std::int64_t total = 0;
  for (const std::string& topic :
       {options_.topics.user_events, options_.topics.notification_events, options_.topics.analytics_events})
    for (log::PartitionRange& range : log->partitions(topic)) {
      total += range.end - range.first;
      ranges.push_back(std::move(range));
    }
  {
    const std::lock_guard lock(mutex_);
    status_.records_total = total;
  }
  Run run(*this, id);
  for (const log::PartitionRange& range : ranges) run.read(*log, range);
  run.write();
  if (!ask<bool>([&](auto done) { timeline_.finish_rebuild(id, std::move(done)); })) throw Replaced();
  end(State::idle, "");
  shed();
}

void Rebuild::shed() {
  for (bool more = true; more;) {
    const SteadyTime began = clock_.steady_now();
    more = ask<bool>([this](auto done) { timeline_.shed_replaced(std::move(done)); });
    // As long as it took, the writer is for others.
    if (more) pause(std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - began));
  }
}

void Rebuild::pause(std::chrono::milliseconds length) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, length, [this] { return stopping_; })) throw Stopped();
}

// The store answers within a time of its own; it is asked again until it does
// what is asked.
template <class T, class Call>
T Rebuild::ask(Call call) {
  for (;;) {
    pause(std::chrono::milliseconds(0));
    const auto answered = std::make_shared<std::promise<Result<T, store::Error>>>();
    call(store::Done<T>(
        [answered](Result<T, store::Error> result) { answered->set_value(std::move(result)); }));
    Result<T, store::Error> result = answered->get_future().get();
    {
      const std::lock_guard lock(mutex_);
      status_.error = result ? "" : "The store does not answer: " + result.error().message;
    }
    if (result) return std::move(*result);
    pause(options_.store_pause);
  }
}

void Rebuild::end(State state, std::string error) {
  const RebuildStatus was = status();
  if (state == State::failed)
    logging::error("analytics-service", "a rebuild of the timeline failed", {{"reason", error}});
  else
    logging::info("analytics-service", "a rebuild of the timeline is done", {{"records", was.records_done}});
  const std::lock_guard lock(mutex_);
  status_.state = state;
  status_.error = std::move(error);
  status_.finished_at = clock_.now();
}

void Rebuild::add_routes(net::Router& router, const net::ApiKeys& keys) {
  router.add("GET", "/v1/analytics/rebuild",
             net::require_api_key(keys, [this](net::HttpRequest, net::Respond respond) {
               respond(net::json_answer(to_json(status())));
             }));
  router.add("POST", "/v1/analytics/rebuild",
             net::require_api_key(keys, [this](net::HttpRequest, net::Respond respond) {
               if (!begin())
                 return respond(net::Problem{.status = 409,
                                             .type = "rebuild-runs",
                                             .title = "A rebuild runs already",
                                             .detail = "GET /v1/analytics/rebuild says how far it is."});
               net::HttpResponse response = net::json_answer(to_json(status()));
               response.status = 202;
               respond(std::move(response));
             }));
}

}  // namespace vestnik::analytics
