#include "store/sqlite/users.h"

#include <iterator>

#include "store/packed.h"
#include "store/registration.h"

namespace vestnik::store::sqlite {
namespace {

// Beyond it `overloaded` is answered at once.
constexpr std::size_t waiting_max = 100'000;
// What one work takes, so that others of its transaction don't wait long for their answer.
constexpr std::size_t batch_max = 1'024;

struct Request {
  User user;
  std::string identity;
  Done<Registration> done;
};

Registration register_one(Connection& connection, Statement& insert, const User& user,
                          const std::string& identity) {
  const std::string id = pack_id(user.id.value);
  insert.bind_blob(1, identity).bind_blob(2, id).bind_blob(3, user.email).bind_blob(4, user.phone);
  insert.bind_blob(5, user.name).bind(6, to_unix_us(user.registered_at));
  insert.run();
  if (connection.changes() > 0) return judge_registration(user, user, false, connection.last_rowid());

  Statement select = connection.prepare(
      "SELECT id, email, phone, name, registered_at, event_durable, seq FROM users WHERE identity = ?1");
  select.bind_blob(1, identity).step();
  User stored{{unpack_id(select.blob(0))},
              std::string(select.blob(1)),
              std::string(select.blob(2)),
              std::string(select.blob(3)),
              from_unix_us(select.integer(4))};
  return judge_registration(user, std::move(stored), select.integer(5) != 0, select.integer(6));
}

// One work's: what it took, and what it found.
struct Batch {
  std::vector<Request> requests;
  std::vector<Registration> found;
  bool more = false;  // wait for a work of their own

  void run(Connection& connection) {
    Statement insert = connection.prepare(
        "INSERT INTO users (identity, id, email, phone, name, registered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
        "ON CONFLICT (identity) DO NOTHING");
    found.reserve(requests.size());
    for (const Request& request : requests)
      found.push_back(register_one(connection, insert, request.user, request.identity));
  }
  // The last that the work does: what these append must not be there if something of the work fails.
  void answer_created() {
    for (std::size_t i = 0; i < requests.size(); ++i)
      if (found[i].kind == Registration::Kind::created)
        std::exchange(requests[i].done, nullptr)(std::move(found[i]));
  }
  void answer(const Result<void, vestnik::sqlite::Error>& result) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (!requests[i].done) continue;
      if (result)
        requests[i].done(std::move(found[i]));
      else
        requests[i].done(std::unexpected(seam_error(result.error())));
    }
  }
};

}  // namespace

struct SqliteUsers::Waiting {
  std::mutex mutex;
  std::vector<Request> requests;  // under mutex
  bool work_queued = false;       // under mutex: one that has not taken anything yet

  // True: there is no work that will take it yet.
  bool add(Request& request, bool& full) {
    const std::lock_guard lock(mutex);
    full = requests.size() >= waiting_max;
    if (full) return false;
    requests.push_back(std::move(request));
    return !std::exchange(work_queued, true);
  }
  // True: some are left, for a work of their own.
  bool take(std::vector<Request>& taken) {
    const std::lock_guard lock(mutex);
    if (requests.size() <= batch_max) {
      taken.swap(requests);
    } else {
      const auto end = requests.begin() + static_cast<std::ptrdiff_t>(batch_max);
      taken.assign(std::make_move_iterator(requests.begin()), std::make_move_iterator(end));
      requests.erase(requests.begin(), end);
    }
    work_queued = !requests.empty();
    return work_queued;
  }
  std::vector<Request> take_all() {
    const std::lock_guard lock(mutex);
    work_queued = false;
    return std::exchange(requests, {});
  }
};

SqliteUsers::SqliteUsers(Gate& gate, bool log_joins)
    : gate_(gate), log_joins_(log_joins), waiting_(std::make_shared<Waiting>()) {}

void SqliteUsers::register_user(User user, std::string email_key, Done<Registration> done) {
  std::string identity = identity_key(user, email_key);
  Request request{std::move(user), std::move(identity), std::move(done)};
  bool full = false;
  const bool queue_work = waiting_->add(request, full);
  if (full) return request.done(fail(ErrorKind::overloaded, "too many registrations are waiting"));
  if (queue_work) write_waiting(gate_, waiting_, log_joins_);
}

void SqliteUsers::write_waiting(Gate& gate, const std::shared_ptr<Waiting>& waiting, bool log_joins) {
  auto batch = std::make_shared<Batch>();
  gate.database().write(
      [&gate, waiting, batch, log_joins](Connection& connection) {
        batch->more = waiting->take(batch->requests);
        gate.notes().write_all(connection);
        batch->run(connection);
        if (log_joins) batch->answer_created();
      },
      [&gate, waiting, batch, log_joins](Result<void, vestnik::sqlite::Error> result) {
        // The work has not run where the database did not take it, or lost its transaction before.
        if (batch->requests.empty()) batch->requests = waiting->take_all();
        if (batch->more) write_waiting(gate, waiting, log_joins);
        batch->answer(result);
      });
}

void SqliteUsers::event_is_durable(std::int64_t number) {
  if (gate_.notes().event_is_durable(number)) gate_.write_notes();
}

}  // namespace vestnik::store::sqlite
