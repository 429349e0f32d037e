// The limits that one batch of attempts uses, read once and written once: the same for both stores.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger.h"
#include "store/limit_window.h"

namespace vestnik::store {

class LimitBook {
 public:
  bool knows(const std::string& key) const { return entries_.contains(key); }
  // What is stored under `key`; empty: nothing. Every key must be loaded before it is used. Throws
  // DamagedValue.
  void load(const std::string& key, std::string_view stored);

  // Counts all of one attempt's uses, or none (limited).
  Beginning use(const std::vector<LimitUse>& uses, Timestamp now);

  struct Row {
    std::string key;
    std::string stored;
    // From then on the row may be removed: a little late, so that it doesn't change with every use.
    Timestamp until{};
  };
  // What must be written, by key.
  std::vector<Row> changed() const;

 private:
  struct Entry {
    std::optional<LimitWindow> window;
    std::int64_t held_back = 0;  // starts of this batch that wait for a place
    bool changed = false;
  };
  LimitWindow& settled(const LimitUse& use, Timestamp now);

  std::map<std::string, Entry> entries_;
  // A start whose step was made before that of the one in front of it still begins after it.
  Timestamp latest_ = Timestamp::min();
};

}  // namespace vestnik::store
