#pragma once

#include "store/postgres/pool.h"
#include "store/users.h"

namespace vestnik::store::postgres {

class PostgresUsers final : public Users {
 public:
  explicit PostgresUsers(Pool& pool);

  void register_user(User user, std::string email_key, Done<Registration> done) override;
  void event_is_durable(const UserId& id) override;

 private:
  struct Request {
    User user;
    std::string identity;
  };
  static std::vector<Registration> register_all(const Try& go, const std::vector<Request>& requests);
  static std::vector<std::monostate> mark_durable(const Try& go, const std::vector<std::string>& ids);

  Pool& pool_;
  Lane<Request, Registration>& registrations_;
  Lane<std::string, std::monostate>& durable_;
};

}  // namespace vestnik::store::postgres
