#include "audit/ids.h"

namespace vestnik::audit {

Key Ids::key(std::string_view id) {
  const auto uuid = Uuid::parse(id);
  if (uuid && uuid->text() == id) return *uuid;
  const Key made = uuid_v8({"audit", id});
  texts_.try_emplace(made, id);
  return made;
}

std::string Ids::text(const Key& key) const {
  const auto known = texts_.find(key);
  return known == texts_.end() ? key.text() : known->second;
}

}  // namespace vestnik::audit
