// What people ask of the ledger: lists and decisions.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "store/amendment.h"
#include "store/codes.h"
#include "store/delivery_filter.h"
#include "store/packed.h"
#include "store/postgres/ledger.h"

namespace vestnik::store::postgres {
namespace {

// The rows a call looks at: the newest before $1, of all states or of those in $2. The condition on the state
// is the one of the partial index ledger_listed, word by word.
constexpr std::string_view look_at_all =
    "WITH looked AS MATERIALIZED (SELECT seq, id, state, channel, updated_at, provider, answer, meta "
    "FROM ledger WHERE seq < $1 ORDER BY seq DESC LIMIT $3), ";
constexpr std::string_view look_at_listed =
    "WITH looked AS MATERIALIZED (SELECT f.* FROM unnest($2::int8[]) AS s(state) CROSS JOIN LATERAL "
    "(SELECT seq, id, state, channel, updated_at, provider, answer, meta FROM ledger "
    "WHERE state = s.state AND state IN (4, 5, 6, 7, 8, 9) AND seq < $1 ORDER BY seq DESC LIMIT $3) f "
    "ORDER BY f.seq DESC LIMIT $3), ";
// Category and user are inside `meta`: what only might be meant is sorted out by lets_through.
constexpr std::string_view select_page =
    "passed AS (SELECT seq, id FROM looked WHERE (cardinality($2::int8[]) = 0 OR state = ANY ($2::int8[])) "
    "AND channel = ANY ($4::int8[]) AND (length($5::bytea) = 0 OR provider = $5) "
    "AND (length($6::bytea) = 0 OR position($6::bytea IN meta) > 0) "
    "AND (length($7::bytea) = 0 OR position($7::bytea IN meta) > 0) "
    "AND (length($8::bytea) = 0 OR position($8::bytea IN answer) > 0) "
    "AND updated_at >= $9 AND updated_at < $10 ORDER BY seq DESC LIMIT $11) "
    // Last, without an id: the end of what was looked at, if there may be more behind it.
    "SELECT seq, id FROM passed UNION ALL SELECT min(seq), NULL FROM looked HAVING count(*) = $3";
const std::string page_of_all = std::string(look_at_all) + std::string(select_page);
const std::string page_of_listed = std::string(look_at_listed) + std::string(select_page);
constexpr std::string_view from_these = "FROM ledger l WHERE l.id = ANY ($1::bytea[]) ORDER BY l.seq DESC";

constexpr std::string_view select_decided =
    "SELECT id, state, attempt, provider, partition, meta, $2 AND op = $3 FROM ledger "
    "WHERE id = ANY ($1::bytea[]) ORDER BY id FOR NO KEY UPDATE";
// Pending again it is nobody's row: whoever has the partition may begin it, even if the log counts its epochs
// anew.
constexpr std::string_view write_decided =
    "WITH t AS (SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int8[], $4::bytea[], $5::bytea[], "
    "$6::bytea[]) WITH ORDINALITY AS t(id, state, at, reason, step_id, step, n)), "
    "moved AS (UPDATE ledger l SET state = t.state, updated_at = t.at, op = $7, "
    "epoch = CASE WHEN t.state = 0 THEN 0 ELSE l.epoch END, "
    "due_at = CASE WHEN t.state = 0 THEN t.at ELSE l.due_at END, "
    "retried_after = CASE WHEN t.state = 0 THEN l.attempt ELSE l.retried_after END, "
    "answer = CASE WHEN t.state = 0 THEN l.answer ELSE t.reason END, "
    "content = CASE WHEN t.state = 0 THEN l.content END "
    "FROM t WHERE l.id = t.id RETURNING l.channel, l.partition, t.step_id, t.step, t.n) "
    "INSERT INTO outbox (step_id, channel, partition, op, step) "
    "SELECT step_id, channel, partition, $7, step FROM moved ORDER BY n ON CONFLICT (step_id) DO NOTHING";

std::vector<std::int64_t> codes(const std::vector<DeliveryState>& states) {
  std::set<std::int64_t> numbers;
  for (const DeliveryState state : states) numbers.insert(code(state));
  return {numbers.begin(), numbers.end()};
}

Statement page_statement(const PostgresLedger::ListQuery& query) {
  using Bounds = std::numeric_limits<std::int64_t>;
  const DeliveryFilter& f = query.filter;
  std::vector<std::int64_t> channels;
  for (const Channel channel : all_channels)
    if (!f.channel || channel == *f.channel) channels.push_back(code(channel));
  Parameters parameters;
  parameters.integer(query.before > 0 ? query.before : Bounds::max())
      .integers(codes(f.states))
      .integer(list_rows_looked_at_max)
      .integers(channels);
  parameters.bytes(f.provider)
      .bytes(f.category)
      .bytes(f.user_id.empty() ? "" : pack_id(f.user_id.value))
      .bytes(f.answer_contains);
  parameters.integer(f.updated_from ? to_unix_us(*f.updated_from) : Bounds::min())
      .integer(f.updated_before ? to_unix_us(*f.updated_before) : Bounds::max())
      // One more than is wanted: then there is a next page.
      .integer(static_cast<std::int64_t>(query.limit) + 1);
  return {is_listed_by_state(f) ? page_of_listed : page_of_all, std::move(parameters)};
}

DeliveryPage list_one(const Try& go, const PostgresLedger::ListQuery& query) {
  const Statement first = page_statement(query);
  const Rows rows = go.connection.run({&first, 1}, go.deadline).front();
  DeliveryPage page;
  std::vector<std::string> ids;
  for (int i = 0; i < rows.size(); ++i) {
    if (ids.size() == query.limit) {
      page.next = i > 0 ? rows.integer(i - 1, 0) : query.before;
      break;
    }
    if (rows.is_null(i, 1))
      page.next = rows.integer(i, 0);
    else
      ids.emplace_back(rows.bytes(i, 1));
  }
  if (ids.empty()) return page;
  // Made once, and only when it is first needed: delivery_columns is another file's.
  static const std::string select_whole = delivery_columns + std::string(from_these);
  const Statement second{select_whole, std::move(Parameters().blobs(ids))};
  page.deliveries = deliveries_of(go.connection.run({&second, 1}, go.deadline).front());
  std::erase_if(page.deliveries, [&](const Delivery& d) { return !lets_through(query.filter, d); });
  return page;
}

// The rows that amendments are about, as the batch finds and leaves them.
struct Decided {
  DeliveryState state = DeliveryState::pending;
  int attempt = 0;
  std::string provider, meta;
  bool by_first_go = false;
};
using DecidedRows = std::map<std::string, Decided, std::less<>>;

DecidedRows decided_rows(const Rows& rows) {
  DecidedRows decided;
  for (int i = 0; i < rows.size(); ++i)
    decided.emplace(
        rows.bytes(i, 0),
        Decided{delivery_state_of(rows.integer(i, 1)), static_cast<int>(rows.integer(i, 2)),
                std::string(rows.bytes(i, 3)), std::string(rows.bytes(i, 5)), rows.integer(i, 6) != 0});
  return decided;
}

// The states that each decision leads to from any state at all.
bool leads_to(Decision decision, DeliveryState state) {
  return decided_state(DeliveryState::in_doubt, decision) == state;
}

struct Move {
  const Amendment* amendment;
  DeliveryState to;
  Step step;
};

Amended amend_one(const Amendment& amendment, DecidedRows& rows, std::vector<Move>& moves) {
  const auto found = rows.find(pack_id(amendment.id.value));
  if (found == rows.end()) return {.kind = Amended::Kind::unknown};
  Decided& row = found->second;
  if (row.by_first_go && leads_to(amendment.decision, row.state)) {
    row.by_first_go = false;
    return {.kind = Amended::Kind::done, .state = row.state};
  }
  const auto to = decided_state(row.state, amendment.decision);
  if (!to) return {.kind = Amended::Kind::refused, .state = row.state};
  row.state = *to;
  moves.push_back(
      {&amendment, *to,
       decided_step(unpack_notification(found->first, row.meta, {}), row.attempt, row.provider, amendment)});
  return {.kind = Amended::Kind::done, .state = *to};
}

// Nothing that is decided can be decided again in the same batch, so each row is mentioned once.
Parameters move_parameters(const std::vector<Move>& moves) {
  std::vector<std::string> ids, reasons, step_ids, steps;
  std::vector<std::int64_t> states, times;
  for (const Move& move : moves) {
    ids.push_back(pack_id(move.amendment->id.value));
    states.push_back(code(move.to));
    times.push_back(to_unix_us(move.amendment->at));
    reasons.push_back(move.amendment->reason);
    step_ids.push_back(move.step.id());
    steps.push_back(pack_step(move.step));
  }
  Parameters parameters;
  parameters.blobs(ids).integers(states).integers(times).blobs(reasons).blobs(step_ids).blobs(steps);
  return parameters;
}

}  // namespace

std::vector<DeliveryPage> list_all(const Try& go, const std::vector<PostgresLedger::ListQuery>& requests) {
  std::vector<DeliveryPage> pages;
  for (const PostgresLedger::ListQuery& query : requests) pages.push_back(list_one(go, query));
  return pages;
}

std::vector<std::vector<Amended>> amend_all(const Try& go,
                                            const std::vector<std::vector<Amendment>>& requests) {
  std::set<std::string> ids;
  for (const std::vector<Amendment>& batch : requests)
    for (const Amendment& amendment : batch) ids.insert(pack_id(amendment.id.value));
  Transaction transaction(go.connection, go.deadline);
  transaction.add(
      select_decided,
      std::move(Parameters().blobs({ids.begin(), ids.end()}).boolean(go.again).integer(go.token)));
  DecidedRows rows = decided_rows(transaction.flush().front());
  std::vector<Move> moves;
  std::vector<std::vector<Amended>> answers;
  for (const std::vector<Amendment>& batch : requests) {
    std::vector<Amended>& amended = answers.emplace_back();
    for (const Amendment& amendment : batch) amended.push_back(amend_one(amendment, rows, moves));
  }
  if (!moves.empty()) transaction.add(write_decided, std::move(move_parameters(moves).integer(go.token)));
  transaction.commit();
  return answers;
}

}  // namespace vestnik::store::postgres
