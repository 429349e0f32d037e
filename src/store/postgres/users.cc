#include "store/postgres/users.h"

#include <algorithm>
#include <map>

#include "store/packed.h"
#include "store/registration.h"

namespace vestnik::store::postgres {
namespace {

// Sorted by key, so that two processes that insert the same users never wait for each other in a circle. The
// loser of a race waits until the winner has committed, and finds the winner's row with the second statement.
constexpr std::string_view insert_users =
    "INSERT INTO users (identity, id, email, phone, name, registered_at) "
    "SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::int8[]) "
    "ON CONFLICT (identity) DO NOTHING";
// What was there before; rows that carry the id just given are this batch's own.
constexpr std::string_view select_others =
    "SELECT u.identity, u.id, u.email, u.phone, u.name, u.registered_at, u.event_durable "
    "FROM unnest($1::bytea[], $2::bytea[]) AS t(identity, id) JOIN users u ON u.identity = t.identity "
    "WHERE u.id <> t.id OR u.event_durable";
constexpr std::string_view update_durable =
    "UPDATE users SET event_durable = true WHERE id = ANY ($1::bytea[]) AND NOT event_durable";

struct Stored {
  User user;
  bool event_durable = false;
};

User user_of(const Rows& rows, int row) {
  return User{{unpack_id(rows.bytes(row, 1))},
              std::string(rows.bytes(row, 2)),
              std::string(rows.bytes(row, 3)),
              std::string(rows.bytes(row, 4)),
              from_unix_us(rows.integer(row, 5))};
}

}  // namespace

PostgresUsers::PostgresUsers(Pool& pool)
    : pool_(pool),
      registrations_(pool.add_lane<Request, Registration>(2, true, register_all)),
      durable_(pool.add_lane<std::string, std::monostate>(1, true, mark_durable)) {}

std::vector<Registration> PostgresUsers::register_all(const Try& go, const std::vector<Request>& requests) {
  std::map<std::string, const User*> first;  // of each identity in this batch: the one that is inserted
  for (const Request& request : requests) first.emplace(request.identity, &request.user);
  std::vector<std::string> identities, ids, emails, phones, names;
  std::vector<std::int64_t> times;
  for (const auto& [identity, user] : first) {
    identities.push_back(identity);
    ids.push_back(pack_id(user->id.value));
    emails.push_back(user->email);
    phones.push_back(user->phone);
    names.push_back(user->name);
    times.push_back(to_unix_us(user->registered_at));
  }
  Parameters insert, select;
  insert.blobs(identities).blobs(ids).blobs(emails).blobs(phones).blobs(names).integers(times);
  select.blobs(identities).blobs(ids);
  Transaction transaction(go.connection, go.deadline);
  transaction.add(insert_users, std::move(insert));
  transaction.add(select_others, std::move(select));
  const Rows others = transaction.commit()[1];

  std::map<std::string, Stored> stored;
  for (const auto& [identity, user] : first) stored[identity] = {*user, false};
  for (int i = 0; i < others.size(); ++i)
    stored[std::string(others.bytes(i, 0))] = {user_of(others, i), others.integer(i, 6) != 0};
  std::vector<Registration> answers;
  for (const Request& request : requests) {
    const Stored& there = stored.at(request.identity);
    answers.push_back(judge_registration(request.user, there.user, there.event_durable));
  }
  return answers;
}

std::vector<std::monostate> PostgresUsers::mark_durable(const Try& go, const std::vector<std::string>& ids) {
  std::vector<std::string> sorted = ids;
  std::ranges::sort(sorted);
  Transaction transaction(go.connection, go.deadline);
  // Losing this costs one repeated append: not worth an fsync.
  transaction.add("SET LOCAL synchronous_commit = off");
  transaction.add(update_durable, std::move(Parameters().blobs(sorted)));
  transaction.commit();
  return std::vector<std::monostate>(ids.size());
}

void PostgresUsers::register_user(User user, std::string email_key, Done<Registration> done) {
  std::string identity = identity_key(user, email_key);
  pool_.submit(registrations_, Request{std::move(user), std::move(identity)}, 1, std::move(done));
}

void PostgresUsers::event_is_durable(const UserId& id) {
  pool_.submit(durable_, pack_id(id.value), 1, Done<std::monostate>([](Result<std::monostate, Error>) {}));
}

}  // namespace vestnik::store::postgres
