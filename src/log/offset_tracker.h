// Which offset of a partition may be committed: the end of the contiguous run of finished records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace vestnik::log {

// One per assigned partition. Not thread-safe.
class OffsetTracker {
 public:
  // A record was handed out; offsets grow, with gaps where the log has none (compaction, control records).
  void handed_out(std::int64_t offset);
  // A record is finished. False when it was not handed out, or is finished already.
  bool done(std::int64_t offset);
  // The offset to commit (one past the last of the contiguous finished run), when it has moved since the last
  // call.
  std::optional<std::int64_t> take_committable();
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Entry {
    std::int64_t offset;
    bool finished;
  };
  std::deque<Entry> entries_;
  std::size_t in_flight_ = 0;
  std::optional<std::int64_t> committable_;
};

}  // namespace vestnik::log
