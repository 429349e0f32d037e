#pragma once

#include <memory>
#include <string>

#include "store/sqlite/gate.h"
#include "store/users.h"

namespace vestnik::store::sqlite {

// Registrations that wait together are one work: a savepoint each would copy every page they touch.
class SqliteUsers final : public Users {
 public:
  explicit SqliteUsers(Gate& gate);

  void register_user(User user, std::string email_key, Done<Registration> done) override;
  void event_is_durable(std::int64_t number) override;

 private:
  struct Waiting;

  static void write_waiting(Gate& gate, const std::shared_ptr<Waiting>& waiting);

  Gate& gate_;
  std::shared_ptr<Waiting> waiting_;  // shared with the work that is queued
};

}  // namespace vestnik::store::sqlite
