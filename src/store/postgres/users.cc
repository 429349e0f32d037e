#include "store/postgres/users.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "store/packed.h"
#include "store/registration.h"

namespace vestnik::store::postgres {
namespace {

// Sorted by key, so that two processes that insert the same users never wait for each other in a circle. The
// loser of a race waits until the winner has committed, and finds the winner's row with the second statement.
constexpr std::string_view insert_users =
    "INSERT INTO users (identity, id, email, phone, name, registered_at) "
    "SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::int8[]) "
    "ON CONFLICT (identity) DO NOTHING RETURNING identity, seq";
// The same for a lone one, which the server carries out in half the time.
constexpr std::string_view insert_user =
    "INSERT INTO users (identity, id, email, phone, name, registered_at) VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (identity) DO NOTHING RETURNING identity, seq";
constexpr std::string_view select_users =
    "SELECT u.identity, u.seq, u.id, u.email, u.phone, u.name, u.registered_at, "
    "u.event_durable OR coalesce(get_bit(d.users, (u.seq % 1024)::int4) = 1, false) "
    "FROM unnest($1::bytea[]) AS t(identity) JOIN users u ON u.identity = t.identity "
    "LEFT JOIN users_event_durable d ON d.block = u.seq / 1024";
// Bits of many users in one row: marking costs next to nothing, where a new version of each user's row would
// cost as much as its insert. Sorted by block, for the same reason as above.
constexpr std::string_view mark_blocks =
    "INSERT INTO users_event_durable AS d (block, users) "
    "SELECT block, ('x' || encode(bits, 'hex'))::bit(1024) FROM unnest($1::int8[], $2::bytea[]) AS t(block, "
    "bits) "
    "ON CONFLICT (block) DO UPDATE SET users = d.users | excluded.users";
constexpr std::int64_t block_users = 1024;

// Marks wait for company, and for this long at most while registrations go on; the last ones wait for the end
// of the process. Losing one costs a repeated append.
constexpr std::size_t marks_max = 1024;
constexpr std::chrono::seconds marks_wait{1};

struct Stored {
  User user;
  std::int64_t seq = 0;
  bool event_durable = false;
};

User user_of(const Rows& rows, int row) {
  return User{{unpack_id(rows.bytes(row, 2))},
              std::string(rows.bytes(row, 3)),
              std::string(rows.bytes(row, 4)),
              std::string(rows.bytes(row, 5)),
              from_unix_us(rows.integer(row, 6))};
}

Rows run_one(const Try& go, std::string_view sql, Parameters parameters) {
  const Statement statement{sql, std::move(parameters)};
  return std::move(go.connection.run({&statement, 1}, go.deadline).front());
}

}  // namespace

PostgresUsers::PostgresUsers(Pool& pool)
    : pool_(pool),
      // One at a time: what comes meanwhile makes the next batch larger, which is worth more than overlap.
      registrations_(pool.add_lane<Request, Registration>(1, true, register_all)),
      durable_(pool.add_lane<Marks, std::monostate>(1, true, mark_durable)) {}

PostgresUsers::~PostgresUsers() {
  if (!marks_.empty()) mark(std::move(marks_));
}

Rows PostgresUsers::insert(const Try& go, const std::vector<const Request*>& requests) {
  Parameters parameters;
  if (requests.size() == 1) {
    const auto& [user, identity] = *requests.front();
    parameters.bytes(identity).bytes(pack_id(user.id.value)).bytes(user.email).bytes(user.phone);
    parameters.bytes(user.name).integer(to_unix_us(user.registered_at));
    return run_one(go, insert_user, std::move(parameters));
  }
  std::vector<std::string> identities, ids, emails, phones, names;
  std::vector<std::int64_t> times;
  for (const Request* request : requests) {
    identities.push_back(request->identity);
    ids.push_back(pack_id(request->user.id.value));
    emails.push_back(request->user.email);
    phones.push_back(request->user.phone);
    names.push_back(request->user.name);
    times.push_back(to_unix_us(request->user.registered_at));
  }
  parameters.blobs(identities).blobs(ids).blobs(emails).blobs(phones).blobs(names).integers(times);
  return run_one(go, insert_users, std::move(parameters));
}

std::vector<Registration> PostgresUsers::register_all(const Try& go, const std::vector<Request>& requests) {
  // Of each identity in this batch: the first, which is the one that is inserted.
  std::vector<const Request*> first;
  for (const Request& request : requests) first.push_back(&request);
  std::ranges::stable_sort(first, {}, &Request::identity);
  const auto repeated = std::ranges::unique(first, {}, &Request::identity);
  first.erase(repeated.begin(), repeated.end());

  // One statement is a transaction of its own.
  const Rows inserted = insert(go, first);

  std::unordered_map<std::string_view, Stored> stored;
  std::unordered_map<std::string_view, std::int64_t> seqs;
  for (int i = 0; i < inserted.size(); ++i) seqs.emplace(inserted.bytes(i, 0), inserted.integer(i, 1));
  std::vector<std::string> others;
  for (const Request* request : first) {
    const auto seq = seqs.find(request->identity);
    if (seq != seqs.end())
      stored[request->identity] = {request->user, seq->second, false};
    else
      others.push_back(request->identity);
  }
  if (!others.empty()) {
    const Rows rows = run_one(go, select_users, std::move(Parameters().blobs(others)));
    for (int i = 0; i < rows.size(); ++i) {
      const auto request = std::ranges::lower_bound(first, rows.bytes(i, 0), {}, &Request::identity);
      stored[(*request)->identity] = {user_of(rows, i), rows.integer(i, 1), rows.integer(i, 7) != 0};
    }
  }
  std::vector<Registration> answers;
  for (const Request& request : requests) {
    const Stored& there = stored.at(request.identity);
    answers.push_back(judge_registration(request.user, there.user, there.event_durable, there.seq));
  }
  return answers;
}

std::vector<std::monostate> PostgresUsers::mark_durable(const Try& go, const std::vector<Marks>& batches) {
  std::map<std::int64_t, std::string> bits;
  for (const Marks& marks : batches)
    for (const std::int64_t seq : marks) {
      std::string& block = bits.try_emplace(seq / block_users, block_users / 8, '\0').first->second;
      const auto bit = static_cast<std::size_t>(seq % block_users);
      block[bit / 8] = static_cast<char>(block[bit / 8] | (0x80 >> bit % 8));  // get_bit counts from the left
    }
  std::vector<std::int64_t> blocks;
  std::vector<std::string> users;
  for (auto& [block, its_users] : bits) {
    blocks.push_back(block);
    users.push_back(std::move(its_users));
  }
  Transaction transaction(go.connection, go.deadline);
  // Losing this costs repeated appends: not worth an fsync.
  transaction.add("SET LOCAL synchronous_commit = off");
  transaction.add(mark_blocks, std::move(Parameters().integers(blocks).blobs(users)));
  transaction.commit();
  return std::vector<std::monostate>(batches.size());
}

void PostgresUsers::register_user(User user, std::string email_key, Done<Registration> done) {
  std::string identity = identity_key(user, email_key);
  pool_.submit(registrations_, Request{std::move(user), std::move(identity)}, 1, std::move(done));
}

void PostgresUsers::event_is_durable(std::int64_t number) {
  Marks due;
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = std::chrono::steady_clock::now();
    if (marks_.empty()) marks_due_at_ = now + marks_wait;
    marks_.push_back(number);
    if (marks_.size() >= marks_max || now >= marks_due_at_) due = std::exchange(marks_, {});
  }
  if (!due.empty()) mark(std::move(due));
}

void PostgresUsers::mark(Marks marks) {
  const std::size_t rows = marks.size() / 64 + 1;  // what they cost, in rows
  pool_.submit(durable_, std::move(marks), rows, Done<std::monostate>([](Result<std::monostate, Error>) {}));
}

}  // namespace vestnik::store::postgres
