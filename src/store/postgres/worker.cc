#include "store/postgres/worker.h"

#include <algorithm>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "store/packed.h"

namespace vestnik::store::postgres {
namespace {

// Between connects: full jitter below a bound that doubles. The bound stays small, since a server that is
// back should be used within a second.
constexpr std::chrono::milliseconds backoff_min{50}, backoff_max{1000};
constexpr std::chrono::milliseconds connect_timeout{1500};
// A transaction that loses against others this often is given up.
constexpr int conflicts_max = 8;

std::chrono::milliseconds backoff(int failures) {
  const auto bound =
      std::min<std::int64_t>(backoff_min.count() << std::min(failures, 10), backoff_max.count());
  return std::chrono::milliseconds(1 + system_random().next() % static_cast<std::uint64_t>(bound));
}

}  // namespace

Worker::Worker(Pool& pool)
    : pool_(pool),
      connection_(pool.options().url, pool.options().operation_timeout),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Worker::~Worker() { ::close(wake_fd_); }

void Worker::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);  // full means: awake already
}

void Worker::run() {
  for (;;) {
    if (!connection_.connected()) {
      // At the end only what can be done at once is done; the pool answers the rest.
      if (pool_.stopping()) return;
      if (!connect(steady_now() + connect_timeout)) pause(steady_now() + backoff(failures_));
      continue;
    }
    LaneBase* lane = nullptr;
    pool_.fail_expired();
    if (const auto batch = pool_.take(*this, lane)) {
      carry_out(*batch);
      pool_.ended(*lane);
    } else if (pool_.stopping()) {
      break;
    } else {
      sleep(SteadyTime::max());
    }
  }
  connection_.close();
}

bool Worker::connect(SteadyTime deadline) {
  try {
    connection_.connect(deadline,
                        [this] { return pool_.stopping() ? SteadyTime::min() : pool_.fail_expired(); });
    failures_ = 0;
    pool_.note(true, false, "");
    return true;
  } catch (const Fault& fault) {
    connection_.close();
    ++failures_;
    pool_.note(false, false, fault.message);
    return false;
  }
}

// Without a connection: what waits too long is answered meanwhile.
void Worker::pause(SteadyTime until) {
  while (steady_now() < until && !pool_.stopping()) sleep(std::min(until, pool_.fail_expired()));
}

void Worker::sleep(SteadyTime until) {
  pollfd waited[2] = {{wake_fd_, POLLIN, 0},
                      {connection_.connected() ? connection_.socket() : -1, POLLIN, 0}};
  const auto left = until == SteadyTime::max()
                        ? std::chrono::milliseconds(-1)
                        : std::max(std::chrono::milliseconds(0),
                                   std::chrono::ceil<std::chrono::milliseconds>(until - steady_now()));
  if (poll(waited, 2, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) <= 0) return;
  std::uint64_t count;  // one read takes all there is
  [[maybe_unused]] const ssize_t taken = waited[0].revents != 0 ? ::read(wake_fd_, &count, sizeof count) : 0;
  if (waited[1].revents == 0) return;
  connection_.look();
  if (!connection_.connected()) pool_.note(false, true, "the connection to PostgreSQL broke");
}

// Connected, if that can be had before `deadline`.
bool Worker::ready(SteadyTime deadline) {
  while (!connection_.connected() && steady_now() < deadline && !pool_.stopping())
    if (!connect(std::min(deadline, steady_now() + connect_timeout)))
      pause(std::min(deadline, steady_now() + backoff(failures_)));
  return connection_.connected() && steady_now() < deadline;
}

// A batch whose connection died is run once more: it may have been committed, and every execution recognises
// what its token has done (lane.h). One that was rolled back in favour of another transaction is simply run
// again.
void Worker::carry_out(Batch& batch) {
  const auto token = static_cast<std::int64_t>(system_random().next() >> 1 & ~std::uint64_t{0xFFF});
  std::string trouble = "the database did not answer in time";
  int losses = 0, conflicts = 0;
  bool refused = false;
  while (losses < 2 && conflicts < conflicts_max && !refused && ready(batch.deadline())) {
    switch (one_go(batch, {connection_, batch.deadline(), token, losses > 0}, trouble)) {
      case Ended::done:
        pool_.note(false, false, "");
        batch.answer();
        return;
      case Ended::lost:
        ++losses;
        pool_.note(false, true, trouble);
        break;
      case Ended::conflict: ++conflicts; break;
      case Ended::refused:
        refused = true;
        pool_.note(false, false, trouble);
        break;
    }
  }
  batch.fail({ErrorKind::unavailable, std::move(trouble)});
}

Worker::Ended Worker::one_go(Batch& batch, const Try& go, std::string& trouble) {
  try {
    batch.run(go);
    return Ended::done;
  } catch (const Fault& fault) {
    trouble = fault.message;
    switch (fault.kind) {
      case FaultKind::lost: return Ended::lost;
      case FaultKind::conflict: return Ended::conflict;
      case FaultKind::refused: return Ended::refused;
    }
    return Ended::refused;
  } catch (const DamagedValue& damage) {
    trouble = damage.what();
    return Ended::refused;
  }
}

}  // namespace vestnik::store::postgres
