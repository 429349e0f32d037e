// What a registration is, judged by what is stored under its key: the same for both stores.
#pragma once

#include <string>
#include <string_view>

#include "store/users.h"

namespace vestnik::store {

// What a user is known by: the e-mail address's key, or the phone of one without an address. The first letter
// keeps the two kinds apart.
inline std::string identity_key(const User& user, std::string_view email_key) {
  return user.email.empty() ? "p" + user.phone : "e" + std::string(email_key);
}

// `stored` has the id of `given`: this very call (or its repetition) made it.
inline Registration judge_registration(const User& given, User stored, bool event_durable,
                                       std::int64_t number) {
  const auto kind = stored.id == given.id         ? Registration::Kind::created
                    : stored.phone == given.phone ? Registration::Kind::known
                                                  : Registration::Kind::conflict;
  return {kind, std::move(stored), event_durable, number};
}

}  // namespace vestnik::store
