#include <algorithm>
#include <map>

#include "store/codes.h"
#include "store/packed.h"
#include "store/postgres/ledger.h"

namespace vestnik::store::postgres {

// A row's epoch is that of its last change; a claim raises it for all rows of the partition at once by one
// row in ledger_owners, however many are pending.
const std::string delivery_columns =
    "SELECT l.id, l.meta, coalesce(l.content, ''), l.state, l.partition, greatest(l.epoch, (SELECT o.epoch "
    "FROM "
    "ledger_owners o WHERE o.channel = l.channel AND o.partition = l.partition)), l.attempt, l.due_at, "
    "l.provider, "
    "l.progress, l.answer, l.updated_at, l.retried_after ";

std::vector<Delivery> deliveries_of(const Rows& rows) {
  std::vector<Delivery> deliveries;
  for (int i = 0; i < rows.size(); ++i) {
    Delivery d;
    d.notification = unpack_notification(rows.bytes(i, 0), rows.bytes(i, 1), rows.bytes(i, 2));
    d.state = delivery_state_of(rows.integer(i, 3));
    d.owner = {static_cast<std::int32_t>(rows.integer(i, 4)), rows.integer(i, 5)};
    d.attempt = static_cast<int>(rows.integer(i, 6));
    d.due_at = from_unix_us(rows.integer(i, 7));
    d.provider = rows.bytes(i, 8);
    d.progress = rows.bytes(i, 9);
    d.answer = rows.bytes(i, 10);
    d.updated_at = from_unix_us(rows.integer(i, 11));
    if (!rows.is_null(i, 12)) d.retried_after = static_cast<int>(rows.integer(i, 12));
    deliveries.push_back(std::move(d));
  }
  return deliveries;
}

namespace {

const std::string select_sending =
    delivery_columns +
    "FROM unnest($2::int8[], $3::int8[]) AS t(partition, epoch) JOIN ledger_owners w ON w.channel = $1 "
    "AND w.partition = t.partition AND w.epoch = t.epoch "
    "JOIN ledger l ON l.channel = $1 AND l.partition = t.partition AND l.state = 1";
const std::string select_due =
    delivery_columns +
    "FROM (SELECT f.id, f.due_at, f.seq FROM unnest($2::int8[]) AS p(partition) CROSS JOIN LATERAL "
    "(SELECT id, due_at, seq FROM ledger WHERE state = 0 AND channel = $1 AND partition = p.partition "
    "AND due_at <= $3 ORDER BY due_at, seq LIMIT $4) f ORDER BY f.due_at, f.seq LIMIT $4) f "
    "JOIN ledger l ON l.id = f.id ORDER BY f.due_at, f.seq";
const std::string select_delivery = delivery_columns + "FROM ledger l WHERE l.id = $1";
constexpr std::string_view select_next_due =
    "SELECT min(f.due_at) FROM unnest($2::int8[]) AS p(partition) CROSS JOIN LATERAL "
    "(SELECT due_at FROM ledger WHERE state = 0 AND channel = $1 AND partition = p.partition "
    "ORDER BY due_at LIMIT 1) f";
constexpr std::string_view upsert_owners =
    "INSERT INTO ledger_owners (channel, partition, epoch) SELECT $1, * FROM unnest($2::int8[], $3::int8[]) "
    "ON CONFLICT (channel, partition) DO UPDATE SET epoch = excluded.epoch "
    "WHERE ledger_owners.epoch < excluded.epoch";
constexpr std::string_view select_newer =
    "SELECT o.partition, o.epoch FROM unnest($2::int8[], $3::int8[]) AS t(partition, epoch) "
    "JOIN ledger_owners o ON o.channel = $1 AND o.partition = t.partition AND o.epoch > t.epoch";
constexpr std::string_view delete_told = "DELETE FROM outbox WHERE step_id = ANY ($1::bytea[])";
constexpr std::string_view select_untold =
    "SELECT step FROM outbox WHERE channel = $1 AND partition = ANY ($2::int8[]) ORDER BY seq LIMIT $3";

std::vector<std::int64_t> wide(const std::vector<std::int32_t>& partitions) {
  return {partitions.begin(), partitions.end()};
}

Ledger::Claimed claim_one(const Try& go, const PostgresLedger::Claim& claim) {
  std::map<std::int64_t, std::int64_t> epochs;
  std::vector<std::pair<Channel, std::int32_t>> locked;
  for (const Owner& owner : claim.owners) {
    epochs[owner.partition] = std::max(owner.epoch, epochs[owner.partition]);
    locked.emplace_back(claim.channel, owner.partition);
  }
  std::vector<std::int64_t> partitions, values;
  for (const auto& [partition, epoch] : epochs) {
    partitions.push_back(partition);
    values.push_back(epoch);
  }
  Parameters parameters;
  parameters.integer(code(claim.channel)).integers(partitions).integers(values);
  Transaction transaction(go.connection, go.deadline);
  Statement lock = lock_partitions(locked, false);
  transaction.add(lock.sql, std::move(lock.parameters));
  transaction.add(upsert_owners, parameters);
  transaction.add(select_sending, parameters);
  transaction.add(select_newer, std::move(parameters));
  const auto answers = transaction.commit();
  Ledger::Claimed claimed{.open = deliveries_of(answers[2]), .newer = {}};
  for (int i = 0; i < answers[3].size(); ++i)
    claimed.newer.push_back({static_cast<std::int32_t>(answers[3].integer(i, 0)), answers[3].integer(i, 1)});
  return claimed;
}

}  // namespace

std::vector<Ledger::Claimed> claim_all(const Try& go, const std::vector<PostgresLedger::Claim>& requests) {
  std::vector<Ledger::Claimed> answers;
  for (const PostgresLedger::Claim& claim : requests) answers.push_back(claim_one(go, claim));
  return answers;
}

std::vector<std::vector<Delivery>> due_all(const Try& go,
                                           const std::vector<PostgresLedger::DueQuery>& requests) {
  std::vector<Statement> statements;
  for (const PostgresLedger::DueQuery& query : requests) {
    Parameters parameters;
    parameters.integer(code(query.channel))
        .integers(wide(query.partitions))
        .integer(to_unix_us(query.due_before));
    statements.push_back({select_due, std::move(parameters.integer(static_cast<std::int64_t>(query.limit)))});
  }
  std::vector<std::vector<Delivery>> answers;
  for (const Rows& rows : go.connection.run(statements, go.deadline)) answers.push_back(deliveries_of(rows));
  return answers;
}

std::vector<std::optional<Timestamp>> next_due_all(const Try& go,
                                                   const std::vector<PostgresLedger::DueQuery>& requests) {
  std::vector<Statement> statements;
  for (const PostgresLedger::DueQuery& query : requests) {
    Parameters parameters;
    parameters.integer(code(query.channel)).integers(wide(query.partitions));
    statements.push_back({select_next_due, std::move(parameters)});
  }
  std::vector<std::optional<Timestamp>> answers;
  for (const Rows& rows : go.connection.run(statements, go.deadline))
    answers.push_back(rows.is_null(0, 0) ? std::nullopt : std::optional(from_unix_us(rows.integer(0, 0))));
  return answers;
}

std::vector<std::vector<Step>> outbox_all(const Try& go,
                                          const std::vector<PostgresLedger::OutboxRequest>& requests) {
  std::vector<std::string> told;
  for (const PostgresLedger::OutboxRequest& request : requests)
    told.insert(told.end(), request.told.begin(), request.told.end());
  std::ranges::sort(told);
  Transaction transaction(go.connection, go.deadline);
  // A step that comes back after a crash is told once more, which is harmless: not worth an fsync.
  transaction.add("SET LOCAL synchronous_commit = off");
  transaction.add(delete_told, std::move(Parameters().blobs(told)));
  for (const PostgresLedger::OutboxRequest& request : requests) {
    if (!request.untold) continue;
    Parameters parameters;
    parameters.integer(code(request.untold->channel)).integers(wide(request.untold->partitions));
    transaction.add(select_untold,
                    std::move(parameters.integer(static_cast<std::int64_t>(request.untold->limit))));
  }
  const std::vector<Rows> rows = transaction.commit();
  std::vector<std::vector<Step>> answers(requests.size());
  std::size_t at = 2;
  for (std::size_t r = 0; r < requests.size(); ++r) {
    if (!requests[r].untold) continue;
    for (int i = 0; i < rows[at].size(); ++i) answers[r].push_back(unpack_step(rows[at].bytes(i, 0)));
    ++at;
  }
  return answers;
}

std::vector<std::optional<Delivery>> find_all(const Try& go, const std::vector<std::string>& ids) {
  std::vector<Statement> statements;
  for (const std::string& id : ids)
    statements.push_back({select_delivery, std::move(Parameters().bytes(id))});
  std::vector<std::optional<Delivery>> answers;
  for (const Rows& rows : go.connection.run(statements, go.deadline)) {
    std::vector<Delivery> found = deliveries_of(rows);
    answers.push_back(found.empty() ? std::nullopt : std::optional(std::move(found.front())));
  }
  return answers;
}

PostgresLedger::PostgresLedger(Pool& pool, const Clock& clock)
    : pool_(pool),
      clock_(clock),
      // One batch at a time where the order of the calls matters.
      admissions_(pool.add_lane<Admissions, std::vector<bool>>(1, true, admit_all)),
      starts_(pool.add_lane<std::vector<AttemptStart>, std::vector<Beginning>>(
          1, true,
          [&clock](const Try& go, const std::vector<std::vector<AttemptStart>>& requests) {
            return begin_all(go, requests, clock);
          })),
      transitions_(pool.add_lane<std::vector<Transition>, Recorded>(1, true, record_all)),
      receipts_(pool.add_lane<Receipts, std::vector<Step>>(1, true, apply_receipts_all)),
      claims_(pool.add_lane<Claim, Claimed>(1, false, claim_all)),
      due_(pool.add_lane<DueQuery, std::vector<Delivery>>(2, false, due_all)),
      next_due_(pool.add_lane<DueQuery, std::optional<Timestamp>>(2, false, next_due_all)),
      outbox_(pool.add_lane<OutboxRequest, std::vector<Step>>(1, true, outbox_all)),
      finding_(pool.add_lane<std::string, std::optional<Delivery>>(2, false, find_all)),
      lists_(pool.add_lane<ListQuery, DeliveryPage>(1, false, list_all)),
      amendments_(pool.add_lane<std::vector<Amendment>, std::vector<Amended>>(1, true, amend_all)) {}

void PostgresLedger::admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) {
  const std::size_t rows = batch.size();
  pool_.submit(admissions_, Admissions{std::move(batch), now}, rows, std::move(done));
}

void PostgresLedger::begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<Beginning>> done) {
  const std::size_t rows = batch.size();
  pool_.submit(starts_, std::move(batch), rows, std::move(done));
}

void PostgresLedger::record(std::vector<Transition> batch, Done<Recorded> done) {
  const std::size_t rows = batch.size();
  pool_.submit(transitions_, std::move(batch), rows, std::move(done));
}

void PostgresLedger::apply_receipts(std::vector<Receipt> batch, Done<std::vector<Step>> done) {
  const std::size_t rows = batch.size();
  pool_.submit(receipts_, Receipts{std::move(batch), clock_.now()}, rows, std::move(done));
}

void PostgresLedger::claim(Channel channel, std::vector<Owner> owners, Done<Claimed> done) {
  const std::size_t rows = owners.size();
  pool_.submit(claims_, Claim{channel, std::move(owners)}, rows, std::move(done));
}

void PostgresLedger::due(Channel channel, std::vector<std::int32_t> partitions, Timestamp due_before,
                         std::size_t limit, Done<std::vector<Delivery>> done) {
  pool_.submit(due_, DueQuery{channel, std::move(partitions), due_before, limit}, 1, std::move(done));
}

void PostgresLedger::next_due(Channel channel, std::vector<std::int32_t> partitions,
                              Done<std::optional<Timestamp>> done) {
  pool_.submit(next_due_, DueQuery{channel, std::move(partitions), {}, 1}, 1, std::move(done));
}

void PostgresLedger::told(std::vector<std::string> step_ids) {
  const std::size_t rows = step_ids.size();
  pool_.submit(outbox_, OutboxRequest{std::move(step_ids), std::nullopt}, rows,
               Done<std::vector<Step>>([](Result<std::vector<Step>, Error>) {}));
}

// In the same lane as `told`, so that it doesn't give what was told before.
void PostgresLedger::untold(Channel channel, std::vector<std::int32_t> partitions, std::size_t limit,
                            Done<std::vector<Step>> done) {
  pool_.submit(outbox_, OutboxRequest{{}, DueQuery{channel, std::move(partitions), {}, limit}}, 1,
               std::move(done));
}

void PostgresLedger::find(const NotificationId& id, Done<std::optional<Delivery>> done) {
  pool_.submit(finding_, pack_id(id.value), 1, std::move(done));
}

void PostgresLedger::list(DeliveryFilter filter, std::int64_t before, std::size_t limit,
                          Done<DeliveryPage> done) {
  pool_.submit(lists_, ListQuery{std::move(filter), before, limit}, 1, std::move(done));
}

void PostgresLedger::amend(std::vector<Amendment> batch, Done<std::vector<Amended>> done) {
  const std::size_t rows = batch.size();
  pool_.submit(amendments_, std::move(batch), rows, std::move(done));
}

}  // namespace vestnik::store::postgres
