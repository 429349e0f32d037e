// Users: who they are and that their registration was told.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "store/result.h"

namespace vestnik::store {

struct User {
  UserId id;
  std::string email;  // as the user wrote it, empty: none
  std::string phone;  // E.164, empty: none
  std::string name;   // empty: none
  Timestamp registered_at{};

  friend bool operator==(const User&, const User&) = default;
};

struct Registration {
  enum class Kind {
    created,   // new; `user` is what was given
    known,     // registered before with the same contacts; `user` is what was stored then
    conflict,  // the e-mail address is registered with another phone; `user` is the stored one
  };
  Kind kind = Kind::created;
  User user;
  bool event_durable = false;  // the `user_registered` event is known to be in the log
  std::int64_t number = 0;     // what event_is_durable() knows the user by: the store's own
};

class Users {
 public:
  virtual ~Users() = default;

  // Durable when `done` runs. A user is known by the e-mail address (`email_key`: case-folded, domain as
  // A-label), one without an address by the phone; two calls at the same moment give one user.
  //
  // Where the log is in the same file, `done` may run inside the transaction for a user that is `created`:
  // what it appends to the log is durable together with the user, or neither is.
  virtual void register_user(User user, std::string email_key, Done<Registration> done) = 0;

  // Remembers that the registration's event is durable in the log. Losing this costs one repeated append, so
  // nobody waits for it; calls are batched.
  virtual void event_is_durable(std::int64_t number) = 0;
};

}  // namespace vestnik::store
