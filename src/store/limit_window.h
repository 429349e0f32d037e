// How often something happened within the last window: what a rate limit is counted by (store/ledger.h,
// LimitUse).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/limit.h"

namespace vestnik::store {

// Uses counted in slices of a 64th of the window. A use counts until its whole slice is older than the
// window, so whatever `window` one looks at, at most `max` uses lie in it, and a steady demand gets at least
// 64/65 of `max` per window through.
class LimitWindow {
 public:
  explicit LimitWindow(Limit limit) : limit_(limit) {}

  // About 2 bytes a slice, at most 66 slices. unpack throws DamagedValue.
  static LimitWindow unpack(std::string_view packed);
  std::string pack() const;

  const Limit& limit() const { return limit_; }
  // Goes on under another limit: what was counted stays counted, at the end of its old slice.
  void change(Limit limit);
  // Forgets what is over. Uses that a clock set back has left in the future are from now on uses made now.
  // True: there were such, and that must be kept (else they would be made now again and again).
  bool settle(Timestamp now);

  // These want settle(now) before.
  std::int64_t room() const;
  void use(Timestamp now);
  // When the nth place from now on is free (1 = the next), if each is taken as soon as it is free.
  Timestamp free_at(std::int64_t nth, Timestamp now) const;

  // From then on nothing counts any more.
  Timestamp over_at() const;

 private:
  struct Slice {
    std::int64_t index = 0;  // Unix time / slice length
    std::int64_t uses = 0;
  };

  std::int64_t window_us() const { return std::chrono::microseconds(limit_.window).count(); }
  std::int64_t slice_us() const;
  std::int64_t index_of(std::int64_t us) const { return us / slice_us(); }
  std::int64_t over_us(std::int64_t index) const { return (index + 1) * slice_us() + window_us(); }
  std::int64_t total() const;
  void add(std::int64_t index, std::int64_t uses);  // at the end, or to the last slice

  Limit limit_;
  std::vector<Slice> slices_;  // by index
};

}  // namespace vestnik::store
