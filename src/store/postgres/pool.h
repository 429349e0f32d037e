// A few connections, each on a thread of its own, that carry out what waits in the lanes. An idle thread
// sleeps in poll() on its connection and an eventfd, so that a dead connection is noticed and mended before
// the next operation.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/health.h"
#include "store/postgres/lane.h"
#include "store/postgres/options.h"

namespace vestnik::store::postgres {

class Worker;

class Pool {
 public:
  // Connects as soon as start() is called; until then lanes may be added.
  explicit Pool(Options options);
  // Carries out what waits, as far as the server answers; the rest is `closed`.
  ~Pool();

  template <class Request, class Answer>
  Lane<Request, Answer>& add_lane(std::size_t parallel_max, bool merges,
                                  typename Lane<Request, Answer>::Execute execute) {
    auto lane = std::make_unique<Lane<Request, Answer>>(parallel_max, merges, std::move(execute));
    auto& added = *lane;
    lanes_.push_back(std::move(lane));
    return added;
  }
  void start();

  // `rows`: what the request adds to a statement. Answers `overloaded` or `closed` inside this call. Any
  // thread.
  template <class Request, class Answer>
  void submit(Lane<Request, Answer>& lane, Request request, std::size_t rows, Done<Answer> done) {
    std::optional<Error> refusal;
    {
      const std::lock_guard lock(mutex_);
      refusal = refuses(rows);
      if (!refusal) {
        lane.push(std::move(request), rows, steady_now() + options_.operation_timeout, std::move(done));
        waiting_rows_ += rows;
        if (lane.may_start()) wake_one();  // else whoever ends a batch of the lane takes what waits
        return;
      }
    }
    done(std::unexpected(std::move(*refusal)));
  }

  const Options& options() const { return options_; }
  Health health() const;

 private:
  friend class Worker;

  // These hold the lock themselves.
  std::unique_ptr<Batch> take(Worker& worker, LaneBase*& lane);
  void ended(LaneBase& lane);
  SteadyTime fail_expired();  // when to call it again
  bool stopping() const;
  void note(bool connected, bool lost, std::string trouble);

  std::optional<Error> refuses(std::size_t rows) const;
  void wake_one();
  bool is_well() const { return connected_ > 0 && trouble_.empty(); }

  const Options options_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<LaneBase>> lanes_;
  std::vector<Worker*> idle_;
  std::size_t waiting_rows_ = 0;
  std::size_t connected_ = 0;
  bool stopping_ = false;
  std::string trouble_;           // the last one, empty since the last success
  bool told_of_trouble_ = false;  // in the log, and not yet that it is over
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::jthread> threads_;
};

// Runs `execute` on `pool` where the seam's answer is nothing.
template <class Request>
void submit_void(Pool& pool, Lane<Request, std::monostate>& lane, Request request, std::size_t rows,
                 Done<void> done) {
  pool.submit(lane, std::move(request), rows,
              Done<std::monostate>([done = std::move(done)](Result<std::monostate, Error> result) mutable {
                if (result)
                  done({});
                else
                  done(std::unexpected(std::move(result.error())));
              }));
}

}  // namespace vestnik::store::postgres
