#include "store/sqlite/users.h"

#include "store/packed.h"
#include "store/registration.h"

namespace vestnik::store::sqlite {
namespace {

Registration register_one(Connection& connection, const User& user, const std::string& identity) {
  Statement insert = connection.prepare(
      "INSERT INTO users (identity, id, email, phone, name, registered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
      "ON CONFLICT (identity) DO NOTHING RETURNING seq");
  const std::string id = pack_id(user.id.value);
  insert.bind_blob(1, identity).bind_blob(2, id).bind_blob(3, user.email).bind_blob(4, user.phone);
  insert.bind_blob(5, user.name).bind(6, to_unix_us(user.registered_at));
  const bool created = insert.step();
  insert.reset();
  if (created) return judge_registration(user, user, false);

  Statement select = connection.prepare(
      "SELECT id, email, phone, name, registered_at, event_durable FROM users WHERE identity = ?1");
  select.bind_blob(1, identity).step();
  User stored{{unpack_id(select.blob(0))},
              std::string(select.blob(1)),
              std::string(select.blob(2)),
              std::string(select.blob(3)),
              from_unix_us(select.integer(4))};
  return judge_registration(user, std::move(stored), select.integer(5) != 0);
}

}  // namespace

void SqliteUsers::register_user(User user, std::string email_key, Done<Registration> done) {
  std::string identity = identity_key(user, email_key);
  gate_.write<Registration>([user = std::move(user), identity = std::move(identity)](
                                Connection& connection) { return register_one(connection, user, identity); },
                            std::move(done));
}

void SqliteUsers::event_is_durable(const UserId& id) {
  if (gate_.notes().event_is_durable(pack_id(id.value))) gate_.write_notes();
}

}  // namespace vestnik::store::sqlite
