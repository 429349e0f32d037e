#include "store/postgres/pool.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "store/postgres/worker.h"

namespace vestnik::store::postgres {

Pool::Pool(Options options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.connections, 1); ++i)
    workers_.push_back(std::make_unique<Worker>(*this));
}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& worker : workers_) worker->wake();
  threads_.clear();
  for (const auto& lane : lanes_) {
    std::size_t rows = 0;
    if (const auto batch = lane->take_expired(SteadyTime::max(), rows))
      batch->fail({ErrorKind::closed, "the store is shutting down"});
  }
}

void Pool::start() {
  for (const auto& worker : workers_) threads_.emplace_back([&worker = *worker] { worker.run(); });
}

std::optional<Error> Pool::refuses(std::size_t rows) const {
  if (stopping_) return Error{ErrorKind::closed, "the store is shutting down"};
  // Something larger than the whole queue is taken when nothing else waits.
  if (waiting_rows_ > 0 && waiting_rows_ + rows > options_.queue_rows_max)
    return Error{ErrorKind::overloaded, "too much is waiting for the database"};
  return std::nullopt;
}

void Pool::wake_one() {
  if (idle_.empty()) return;
  idle_.back()->wake();
  idle_.pop_back();
}

std::unique_ptr<Batch> Pool::take(Worker& worker, LaneBase*& lane) {
  const std::lock_guard lock(mutex_);
  std::erase(idle_, &worker);
  lane = nullptr;
  for (const auto& candidate : lanes_)
    if (candidate->may_start() && (!lane || candidate->oldest_deadline() < lane->oldest_deadline()))
      lane = candidate.get();
  if (!lane) {
    idle_.push_back(&worker);
    return nullptr;
  }
  std::size_t rows = 0;
  auto batch = lane->take(options_.batch_rows_max, rows);
  waiting_rows_ -= rows;
  lane->started();
  // A lane that waited for its turn may have it now; this worker can't serve both.
  if (std::ranges::any_of(lanes_, [](const auto& other) { return other->may_start(); })) wake_one();
  return batch;
}

void Pool::ended(LaneBase& lane) {
  const std::lock_guard lock(mutex_);
  lane.ended();
}

SteadyTime Pool::fail_expired() {
  const SteadyTime now = std::chrono::steady_clock::now();
  SteadyTime next = SteadyTime::max();
  std::vector<std::unique_ptr<Batch>> expired;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& lane : lanes_) {
      std::size_t rows = 0;
      if (auto batch = lane->take_expired(now, rows)) expired.push_back(std::move(batch));
      waiting_rows_ -= rows;
      if (!lane->empty()) next = std::min(next, lane->oldest_deadline());
    }
  }
  for (const auto& batch : expired)
    batch->fail({ErrorKind::unavailable, "the database did not answer in time"});
  return next;
}

bool Pool::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Pool::note(bool connected, bool lost, std::string trouble) {
  const std::lock_guard lock(mutex_);
  const bool was_well = is_well();
  connected_ += connected ? 1 : 0;
  connected_ -= lost ? 1 : 0;
  trouble_ = std::move(trouble);
  if (was_well && !is_well()) {
    told_of_trouble_ = true;
    logging::warning("store", "PostgreSQL does not answer", {{"reason", trouble_}});
  } else if (is_well() && std::exchange(told_of_trouble_, false)) {
    logging::info("store", "PostgreSQL answers again");
  }
}

Health Pool::health() const {
  const std::lock_guard lock(mutex_);
  Health health{.part = "store", .well = is_well(), .detail = trouble_};
  if (!health.well && trouble_.empty()) health.detail = "no connection to PostgreSQL yet";
  return health;
}

}  // namespace vestnik::store::postgres
