// Writing facts into the read side.
//
// Several analytics-services may apply facts about the same notifications at once. Whoever writes takes, one
// generation after the other, events, rows and counters, each in key order, so nobody waits in a circle; what
// a row counted for is read under its lock, so no change is counted twice. Which generations there are can't
// change meanwhile: writing holds an advisory lock shared that changing them takes alone. Names are given in
// transactions of their own, which wait for nothing else.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/generation.h"
#include "store/names.h"
#include "store/postgres/lane.h"
#include "store/postgres/timeline.h"

namespace vestnik::store::postgres {

// "vest" in ASCII; the second half tells them apart (schema.cc has 1).
inline constexpr std::int64_t generations_lock = 0x76657374'00000002;
inline constexpr std::int64_t names_lock = 0x76657374'00000003;

// What is remembered from one transaction to the next; any thread.
class TimelineMemory {
 public:
  std::optional<int> find(NameKind kind, const std::string& text) const {
    const std::lock_guard lock(mutex_);
    return names_.find(kind, text);
  }
  bool complete(NameKind kind) const {
    const std::lock_guard lock(mutex_);
    return names_.complete(kind);
  }
  void learn(const std::vector<NameCache::Entry>& entries) {
    const std::lock_guard lock(mutex_);
    names_.learn(entries);
  }
  // Whether to delete what is past its horizon: once a minute.
  bool is_time_to_forget(Timestamp now);

 private:
  mutable std::mutex mutex_;
  NameCache names_;  // only what is committed
  std::int64_t forgot_minute_ = 0;
};

// Facts by what they are about, in key order.
struct Known {
  std::map<std::string, AcceptedFact> events;  // by packed id
  std::map<std::string, TimelineRow> rows;
  Timestamp now = Timestamp::min();

  void add(const FactBatch& batch, Timestamp at);
};

// Joins and counts all of it, in the generations that are live, or in that of the `rebuild` only. `prepare`
// (may be empty) runs at the beginning of the transaction, maybe several times, and may add facts; false:
// there is nothing to do. False: there was nothing to do, or no generation to write.
using Prepare = std::function<bool(Transaction&, Known&)>;
bool write_facts(const Try& go, TimelineMemory& memory, const Known& known, std::optional<RebuildId> rebuild,
                 const Prepare& prepare = {});

}  // namespace vestnik::store::postgres
