#pragma once

#include "store/sqlite/gate.h"
#include "store/users.h"

namespace vestnik::store::sqlite {

class SqliteUsers final : public Users {
 public:
  explicit SqliteUsers(Gate& gate) : gate_(gate) {}

  void register_user(User user, std::string email_key, Done<Registration> done) override;
  void event_is_durable(const UserId& id) override;

 private:
  Gate& gate_;
};

}  // namespace vestnik::store::sqlite
