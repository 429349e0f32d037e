// Rebuilds the read side from the log while the old one serves: makes a second
// one, reads all three topics from their earliest record to where they end once
// that is made (what comes later the collector writes into both), and swaps it
// in. What a crash leaves unfinished begins again at the next start; so does
// what a failure leaves, after a pause.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "analytics/record_facts.h"
#include "base/clock.h"
#include "base/json.h"
#include "log/reader.h"
#include "net/http.h"
#include "net/http_api_keys.h"
#include "store/timeline.h"

namespace vestnik::analytics {

struct RebuildStatus {
  enum class State { idle, running, failed };

  State state = State::idle;
  std::int64_t records_done = 0;
  std::int64_t records_total = 0;  // 0 until it is known
  std::optional<Timestamp> started_at, finished_at;
  // While it runs: what holds it up. Failed: why; it goes on by itself.
  std::string error;
};

json::object to_json(const RebuildStatus& status);

struct RebuildOptions {
  Topics topics;
  // Called on the rebuild's thread; throws as the reader's functions do.
  std::function<std::shared_ptr<log::Reader>()> open_log;
  std::chrono::milliseconds store_pause{1'000};     // before a store that didn't answer is asked again
  std::chrono::milliseconds failure_pause{30'000};  // before what has failed begins again
  std::size_t batch_max = 2048;                     // records in one write, some 10 ms of the writer's time
};

// Has a thread of its own, since the reader blocks. Everything passed must
// outlive it.
class Rebuild {
 public:
  Rebuild(RebuildOptions options, store::Timeline& timeline, const Clock& clock);
  ~Rebuild();

  // Asks the store whether there is something to begin or to begin again.
  void start();
  // Lets it end with the write in hand, and waits for that.
  void stop();

  // GET and POST /v1/analytics/rebuild.
  void add_routes(net::Router& router, const net::ApiKeys& keys);

  // The next three from any thread. False: one runs.
  bool begin();
  RebuildStatus status() const;

 private:
  class Run;
  struct Stopped {};

  void work();
  void run_once();
  // Waits; throws Stopped when there is to be an end.
  void pause(std::chrono::milliseconds length);
  template <class T, class Call>
  T ask(Call call);
  void shed();
  void end(RebuildStatus::State state, std::string error);

  const RebuildOptions options_;
  store::Timeline& timeline_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RebuildStatus status_;   // under mutex_, without records_done
  bool wanted_ = false;    // under mutex_
  bool stopping_ = false;  // under mutex_
  std::atomic<std::int64_t> records_done_ = 0;
  std::thread thread_;
};

}  // namespace vestnik::analytics
