// The bookkeeping of SmtpProvider's connections: which are idle, how many may be opened, when to try again.
// It waits for nothing and knows no socket; the provider asks it and tells it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace vestnik::email {

class SmtpConnection;
using ConnectionPtr = std::shared_ptr<SmtpConnection>;

// First and longest pause before the next connection is tried; each is drawn from 0 to its bound ("full
// jitter"), so that many processes don't come back at the same moment.
inline constexpr std::chrono::milliseconds backoff_first{500};
inline constexpr std::chrono::milliseconds backoff_max{60'000};

class SmtpPool {
 public:
  SmtpPool(std::size_t connections_max, Random& random)
      : connections_max_(connections_max), random_(random) {}

  // Attempts that may begin now.
  std::size_t capacity() const;

  // An attempt begins. Gives the connection that was used last (so that those beyond the need grow idle), or
  // none: then the attempt opens one.
  ConnectionPtr begin();
  // The connection begin() gave is of no use, the attempt opens another.
  void reopen() { ++opening_; }
  // The attempt has a connection now, or will have none.
  void opening_ended() { --opening_; }
  // A connection could not be opened, or was no good from the start. Puts off new ones: for how long, if they
  // aren't yet.
  std::optional<std::chrono::milliseconds> failed(const std::string& why);
  void backoff_ended() { backing_off_ = false; }
  // The attempt has ended. `connection` (may be none) is idle now; `fresh`: this attempt had opened it, so
  // opening them works.
  void end(ConnectionPtr connection, bool fresh);

  // Takes out those that were idle since before `limit`.
  std::vector<ConnectionPtr> take_idle(std::optional<SteadyTime> limit = {});
  // When the one that is idle longest became so.
  std::optional<SteadyTime> oldest_idle() const;

  std::size_t busy() const { return busy_; }
  // Connections can be opened, or there are some.
  bool well() const { return failures_ == 0 || open() > 0; }
  std::string detail() const;

 private:
  std::size_t open() const { return idle_.size() + busy_ - opening_; }

  std::size_t connections_max_;
  Random& random_;
  std::vector<ConnectionPtr> idle_;  // the longest idle first
  std::size_t busy_ = 0;             // attempts under way, each with a connection or opening one
  std::size_t opening_ = 0;          // of them, those that are opening one
  int failures_ = 0;                 // in a row
  bool backing_off_ = false;
  std::string last_failure_;
};

}  // namespace vestnik::email
