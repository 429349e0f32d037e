#pragma once

#include <memory>
#include <string>

#include "store/sqlite/gate.h"
#include "store/users.h"

namespace vestnik::store::sqlite {

// Registrations that wait together are one work: a savepoint each would copy every page they touch.
class SqliteUsers final : public Users {
 public:
  // `log_joins`: an append from inside a work joins its transaction, so `done` may run there (users.h).
  SqliteUsers(Gate& gate, bool log_joins);

  void register_user(User user, std::string email_key, Done<Registration> done) override;
  void event_is_durable(std::int64_t number) override;

 private:
  struct Waiting;

  static void write_waiting(Gate& gate, const std::shared_ptr<Waiting>& waiting, bool log_joins);

  Gate& gate_;
  const bool log_joins_;
  std::shared_ptr<Waiting> waiting_;  // shared with the work that is queued
};

}  // namespace vestnik::store::sqlite
