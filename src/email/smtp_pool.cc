#include "email/smtp_pool.h"

#include <algorithm>
#include <cassert>

#include "email/smtp_connection.h"

namespace vestnik::email {

std::size_t SmtpPool::capacity() const {
  const std::size_t unopened = connections_max_ - std::min(connections_max_, idle_.size() + busy_);
  if (backing_off_) return idle_.size();
  if (failures_ > 0) return idle_.size() + (opening_ == 0 ? std::min<std::size_t>(unopened, 1) : 0);
  return idle_.size() + unopened;
}

ConnectionPtr SmtpPool::begin() {
  assert(capacity() > 0);
  ++busy_;
  if (idle_.empty()) {
    ++opening_;
    return nullptr;
  }
  ConnectionPtr connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

std::optional<std::chrono::milliseconds> SmtpPool::failed(const std::string& why) {
  last_failure_ = why;
  if (backing_off_) return std::nullopt;  // one of several that failed together
  backing_off_ = true;
  const int doublings = std::min(failures_++, 10);
  const auto bound = std::min(backoff_max, backoff_first * (1 << doublings));
  return std::chrono::milliseconds(random_.next() % (static_cast<std::uint64_t>(bound.count()) + 1));
}

void SmtpPool::end(ConnectionPtr connection, bool fresh) {
  --busy_;
  if (!connection) return;
  if (fresh) failures_ = 0;
  idle_.push_back(std::move(connection));
}

std::vector<ConnectionPtr> SmtpPool::take_idle(std::optional<SteadyTime> limit) {
  const auto keep =
      std::ranges::find_if(idle_, [&](const ConnectionPtr& c) { return limit && c->idle_since > *limit; });
  std::vector<ConnectionPtr> taken(std::make_move_iterator(idle_.begin()), std::make_move_iterator(keep));
  idle_.erase(idle_.begin(), keep);
  return taken;
}

std::optional<SteadyTime> SmtpPool::oldest_idle() const {
  if (idle_.empty()) return std::nullopt;
  return idle_.front()->idle_since;
}

std::string SmtpPool::detail() const {
  const std::string connections = "open connections: " + std::to_string(open());
  return failures_ > 0 ? connections + "; the last new one: " + last_failure_ : connections;
}

}  // namespace vestnik::email
