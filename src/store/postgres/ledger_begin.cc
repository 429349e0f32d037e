#include <algorithm>
#include <map>

#include "store/codes.h"
#include "store/limit_book.h"
#include "store/packed.h"
#include "store/postgres/ledger.h"
#include "store/postgres/waves.h"

namespace vestnik::store::postgres {
namespace {

// The last part: what an earlier go of this very batch has done counts as done. `state + 0` keeps the
// planner from reading all that is pending through the partial index ledger_due, which looks cheap as long as
// the table is small.
constexpr std::string_view begin =
    "WITH t AS (SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int8[], $4::int8[], $5::bytea[], "
    "$6::bytea[], "
    "$7::bytea[]) WITH ORDINALITY AS t(id, attempt, epoch, at, provider, step_id, step, n)), "
    "moved AS (UPDATE ledger l SET state = 1, attempt = t.attempt, epoch = t.epoch, provider = t.provider, "
    "updated_at = t.at, op = $8 FROM t WHERE l.id = t.id AND l.state + 0 = 0 AND l.attempt = t.attempt - 1 "
    "AND l.epoch <= t.epoch AND NOT EXISTS (SELECT FROM ledger_owners o WHERE o.channel = l.channel "
    "AND o.partition = l.partition AND o.epoch > t.epoch) "
    "RETURNING l.id, l.channel, l.partition, t.step_id, t.step, t.n), "
    "kept AS (INSERT INTO outbox (step_id, channel, partition, op, step) "
    "SELECT step_id, channel, partition, $8, step FROM moved ORDER BY n ON CONFLICT (step_id) DO NOTHING) "
    "SELECT id FROM moved UNION ALL SELECT l.id FROM t JOIN ledger l ON l.id = t.id WHERE $9 AND l.op = $8";

// Takes the keys' rows, in order, so that nobody waits in a circle: whoever else uses one of them waits here
// until the uses are counted. A row is locked though the condition keeps it from being written.
constexpr std::string_view lock_limits =
    "INSERT INTO ledger_limits AS l (key, stored, until) SELECT key, '', $2 FROM unnest($1::bytea[]) "
    "WITH ORDINALITY AS t(key, n) ORDER BY n ON CONFLICT (key) DO UPDATE SET until = l.until WHERE false";
constexpr std::string_view select_limits =
    "SELECT key, stored FROM ledger_limits WHERE key = ANY ($1::bytea[])";
constexpr std::string_view write_limits =
    "UPDATE ledger_limits l SET stored = t.stored, until = t.until "
    "FROM unnest($1::bytea[], $2::bytea[], $3::int8[]) AS t(key, stored, until) WHERE l.key = t.key";
// After write_limits, so that none goes that was just used. What others hold is left to them.
constexpr std::string_view remove_limits =
    "DELETE FROM ledger_limits WHERE key = ANY (ARRAY(SELECT key FROM ledger_limits WHERE until <= $1 "
    "ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED))";
// More than a batch adds on the whole, so that what is over doesn't pile up.
constexpr std::int64_t removed_at_least_max = 64;
// Locked, so that what is found holds until the end of the transaction.
constexpr std::string_view select_rows =
    "SELECT l.id, l.state, l.attempt, greatest(l.epoch, (SELECT o.epoch FROM ledger_owners o "
    "WHERE o.channel = l.channel AND o.partition = l.partition)), $2 AND l.op = $3 "
    "FROM ledger l WHERE l.id = ANY ($1::bytea[]) ORDER BY l.id FOR NO KEY UPDATE OF l";

Parameters begin_parameters(const Flat<AttemptStart>& flat, const std::vector<std::size_t>& wave) {
  std::vector<std::string> ids, providers, step_ids, steps;
  std::vector<std::int64_t> attempts, epochs, times;
  for (const std::size_t i : wave) {
    const Step& step = flat.items[i]->step;
    ids.push_back(pack_id(step.notification_id.value));
    attempts.push_back(step.attempt);
    epochs.push_back(flat.items[i]->owner.epoch);
    times.push_back(to_unix_us(step.at));
    providers.push_back(step.provider);
    step_ids.push_back(step.id());
    steps.push_back(pack_step(step));
  }
  Parameters parameters;
  parameters.blobs(ids).integers(attempts).integers(epochs).integers(times).blobs(providers).blobs(step_ids);
  parameters.blobs(steps);
  return parameters;
}

// Without limits the server decides by itself, in one round trip.
std::vector<Beginning> begin_unlimited(const Try& go, const Flat<AttemptStart>& flat) {
  const auto waves = waves_of(flat);
  Transaction transaction(go.connection, go.deadline);
  Statement lock = lock_for(flat);
  transaction.add(lock.sql, std::move(lock.parameters));
  for (std::size_t w = 0; w < waves.size(); ++w) {
    Parameters parameters = begin_parameters(flat, waves[w]);
    parameters.integer(go.token + static_cast<std::int64_t>(w)).boolean(go.again);
    transaction.add(begin, std::move(parameters));
  }
  const std::vector<Rows> rows = transaction.commit();
  std::vector<bool> begun(flat.items.size());
  for (std::size_t w = 0; w < waves.size(); ++w) mark(rows[1 + w], flat, waves[w], begun);
  std::vector<Beginning> beginnings;
  for (const bool b : begun)
    beginnings.push_back({.kind = b ? Beginning::Kind::begun : Beginning::Kind::refused});
  return beginnings;
}

// A row as it was found, and as the batch goes on.
struct Found {
  DeliveryState state = DeliveryState::pending;
  std::int64_t attempt = 0;
  std::int64_t epoch = 0;
  bool begun_before = false;  // by the first go of this batch

  bool is_as_told(const AttemptStart& start) const {
    return state == DeliveryState::pending && attempt == start.step.attempt - 1 && epoch <= start.owner.epoch;
  }
};
using FoundRows = std::map<std::string, Found, std::less<>>;

FoundRows found_rows(const Rows& rows) {
  FoundRows found;
  for (int i = 0; i < rows.size(); ++i)
    found.emplace(rows.bytes(i, 0), Found{delivery_state_of(rows.integer(i, 1)), rows.integer(i, 2),
                                          rows.integer(i, 3), rows.integer(i, 4) != 0});
  return found;
}

LimitBook read_limits(const Rows& rows) {
  LimitBook book;
  for (int i = 0; i < rows.size(); ++i) book.load(std::string(rows.bytes(i, 0)), rows.bytes(i, 1));
  return book;
}

// Who begins; those whose rows are to be moved now are added to `moving`.
std::vector<Beginning> decide(const Flat<AttemptStart>& flat, FoundRows rows, LimitBook& book, Timestamp now,
                              std::vector<std::size_t>& moving) {
  std::vector<Beginning> beginnings;
  for (std::size_t i = 0; i < flat.items.size(); ++i) {
    const AttemptStart& start = *flat.items[i];
    Beginning& beginning = beginnings.emplace_back(Beginning{.kind = Beginning::Kind::refused});
    const auto row = rows.find(pack_id(start.step.notification_id.value));
    if (row == rows.end()) continue;
    if (row->second.begun_before && row->second.attempt == start.step.attempt) {
      row->second.begun_before = false;
      beginning.kind = Beginning::Kind::begun;  // and was counted
    } else if (row->second.is_as_told(start)) {
      beginning = book.use(start.limits, std::max(now, start.step.at));
      if (beginning.kind != Beginning::Kind::begun) continue;
      row->second.state = DeliveryState::sending;
      moving.push_back(i);
    }
  }
  return beginnings;
}

void add_writes(Transaction& transaction, const LimitBook& book, Timestamp now) {
  const std::vector<LimitBook::Row> rows = book.changed();
  if (rows.empty()) return;
  std::vector<std::string> keys, stored;
  std::vector<std::int64_t> until;
  for (const LimitBook::Row& row : rows) {
    keys.push_back(row.key);
    stored.push_back(row.stored);
    until.push_back(to_unix_us(row.until));
  }
  const auto removed_max = removed_at_least_max + static_cast<std::int64_t>(rows.size());
  transaction.add(write_limits, std::move(Parameters().blobs(keys).blobs(stored).integers(until)));
  transaction.add(remove_limits, std::move(Parameters().integer(to_unix_us(now)).integer(removed_max)));
}

std::vector<Beginning> begin_limited(const Try& go, const Flat<AttemptStart>& flat, const Clock& clock) {
  std::set<std::string> ids, keys;
  for (const AttemptStart* start : flat.items) {
    ids.insert(pack_id(start->step.notification_id.value));
    for (const LimitUse& use : start->limits) keys.insert(use.key);
  }
  const std::vector<std::string> key_list(keys.begin(), keys.end());
  Transaction transaction(go.connection, go.deadline);
  Statement lock = lock_for(flat);
  transaction.add(lock.sql, std::move(lock.parameters));
  // Until a use is counted the row says nothing and may go at once.
  transaction.add(lock_limits, std::move(Parameters().blobs(key_list).integer(to_unix_us(clock.now()))));
  transaction.add(select_limits, std::move(Parameters().blobs(key_list)));
  transaction.add(
      select_rows,
      std::move(Parameters().blobs({ids.begin(), ids.end()}).boolean(go.again).integer(go.token)));
  const std::vector<Rows> answers = transaction.flush();

  // Read only now that the keys are ours: an attempt that waited for them begins now, not before.
  const Timestamp now = clock.now();
  LimitBook book = read_limits(answers[2]);
  std::vector<std::size_t> moving;
  std::vector<Beginning> beginnings = decide(flat, found_rows(answers[3]), book, now, moving);
  if (!moving.empty()) {
    Parameters parameters = begin_parameters(flat, moving);
    transaction.add(begin, std::move(parameters.integer(go.token).boolean(false)));
  }
  add_writes(transaction, book, now);
  transaction.commit();
  return beginnings;
}

}  // namespace

std::vector<std::vector<Beginning>> begin_all(const Try& go,
                                              const std::vector<std::vector<AttemptStart>>& requests,
                                              const Clock& clock) {
  const Flat<AttemptStart> flat(requests);
  const bool limited =
      std::ranges::any_of(flat.items, [](const AttemptStart* start) { return !start->limits.empty(); });
  return flat.split(requests, limited ? begin_limited(go, flat, clock) : begin_unlimited(go, flat));
}

}  // namespace vestnik::store::postgres
