// Ids in 16 bytes, so that millions of them fit in memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace vestnik::audit {

using Key = Uuid;

// Between ids and keys. A UUID is its own key. Any other text (a client's Idempotency-Key) is kept here,
// under a key made from it: about 120 bytes each.
class Ids {
 public:
  Key key(std::string_view id);
  std::string text(const Key& key) const;

 private:
  std::map<Key, std::string> texts_;
};

}  // namespace vestnik::audit
