// Whether anything new is taken. Watchers close it, each for a reason of its own, and open it again.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>

namespace vestnik::users {

// In the order of which is told if there are several.
enum class IntakeStop { disk, lag };

// Any thread.
class IntakeGate {
 public:
  struct Closed {
    IntakeStop stop = IntakeStop::disk;
    std::string detail;  // for people, such as a client reads it: no paths, no settings
  };

  void close(IntakeStop stop, std::string detail);
  void open(IntakeStop stop);
  // None: it is open. Cheap then: each request asks.
  std::optional<Closed> closed() const;

 private:
  std::atomic<int> stops_{0};
  mutable std::mutex mutex_;
  std::array<std::optional<std::string>, 2> details_;  // by IntakeStop; under mutex_
};

}  // namespace vestnik::users
