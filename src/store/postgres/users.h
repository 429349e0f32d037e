#pragma once

#include <mutex>
#include <vector>

#include "store/postgres/pool.h"
#include "store/users.h"

namespace vestnik::store::postgres {

class PostgresUsers final : public Users {
 public:
  explicit PostgresUsers(Pool& pool);
  // Hands the last marks to the pool, which carries them out before it ends.
  ~PostgresUsers() override;

  void register_user(User user, std::string email_key, Done<Registration> done) override;
  void event_is_durable(std::int64_t number) override;

 private:
  struct Request {
    User user;
    std::string identity;
  };
  using Marks = std::vector<std::int64_t>;

  static Rows insert(const Try& go, const std::vector<const Request*>& requests);
  static std::vector<Registration> register_all(const Try& go, const std::vector<Request>& requests);
  static std::vector<std::monostate> mark_durable(const Try& go, const std::vector<Marks>& batches);
  void mark(Marks marks);

  Pool& pool_;
  Lane<Request, Registration>& registrations_;
  Lane<Marks, std::monostate>& durable_;

  std::mutex mutex_;
  Marks marks_;                // guarded by mutex_
  SteadyTime marks_due_at_{};  // guarded by mutex_: when those have waited long enough
};

}  // namespace vestnik::store::postgres
