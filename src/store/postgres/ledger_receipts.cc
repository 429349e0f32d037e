#include <algorithm>
#include <map>
#include <set>

#include "store/codes.h"
#include "store/packed.h"
#include "store/postgres/ledger.h"
#include "store/receipt_verdict.h"

namespace vestnik::store::postgres {
namespace {

// The first word about a part stays. An unknown id is kept without a delivery; whichever of this and the
// submit's recording comes second finds the other's row, since the key is unique.
constexpr std::string_view upsert_receipts =
    "INSERT INTO ledger_messages AS m (provider, message_id, status, answer, at, kept_at) "
    "SELECT provider, message_id, status, answer, at, $6 FROM unnest($1::bytea[], $2::bytea[], $3::int8[], "
    "$4::bytea[], $5::int8[]) WITH ORDINALITY AS t(provider, message_id, status, answer, at, n) ORDER BY n "
    "ON CONFLICT (provider, message_id) DO UPDATE SET "
    "answer = CASE WHEN m.status = 0 THEN excluded.answer ELSE m.answer END, "
    "at = CASE WHEN m.status = 0 THEN excluded.at ELSE m.at END, "
    "status = CASE WHEN m.status = 0 THEN excluded.status ELSE m.status END "
    "RETURNING provider, message_id, delivery";
constexpr std::string_view forget_early =
    "DELETE FROM ledger_messages m USING (SELECT provider, message_id FROM ledger_messages "
    "WHERE delivery IS NULL AND kept_at < $1 FOR UPDATE SKIP LOCKED) o "
    "WHERE m.provider = o.provider AND m.message_id = o.message_id";
// Two receipts of one delivery that arrive in two processes take turns here, so that the second sees both.
constexpr std::string_view lock_deliveries =
    "SELECT FROM ledger WHERE id = ANY ($1::bytea[]) ORDER BY id FOR UPDATE";
constexpr std::string_view select_parts =
    "SELECT l.id, l.meta, l.attempt, l.provider, m.status, m.answer, m.at "
    "FROM unnest($1::bytea[]) AS t(id) JOIN ledger l ON l.id = t.id AND l.state = 2 "
    "JOIN ledger_messages m ON m.delivery = l.id "
    "WHERE EXISTS (SELECT FROM ledger_messages s WHERE s.delivery = l.id AND s.status <> 0) "
    "ORDER BY l.id, m.at, m.message_id";
constexpr std::string_view move_on =
    "WITH t AS (SELECT * FROM unnest($1::bytea[], $2::int8[], $3::bytea[], $4::int8[], $5::bytea[], "
    "$6::bytea[]) "
    "WITH ORDINALITY AS t(id, state, answer, at, step_id, step, n)), "
    "moved AS (UPDATE ledger l SET state = t.state, answer = t.answer, updated_at = t.at FROM t "
    "WHERE l.id = t.id AND l.state = 2 RETURNING l.id, l.channel, l.partition, t.step_id, t.step, t.n), "
    "kept AS (INSERT INTO outbox (step_id, channel, partition, op, step) "
    "SELECT step_id, channel, partition, $7, step FROM moved ORDER BY n ON CONFLICT (step_id) DO NOTHING) "
    "SELECT id FROM moved";
constexpr std::string_view select_settled = "SELECT step FROM outbox WHERE op = $1 ORDER BY seq";

// Apart from the tokens that waves use.
std::int64_t settle_token(const Try& go) { return go.token + 0xFFF; }

using MessageKey = std::pair<std::string, std::string>;  // provider, message id

std::vector<Step> steps_of(const Rows& rows) {
  std::vector<Step> steps;
  for (int first = 0; first < rows.size();) {
    std::vector<Part> parts;
    int next = first;
    for (; next < rows.size() && rows.bytes(next, 0) == rows.bytes(first, 0); ++next)
      parts.push_back({static_cast<PartStatus>(rows.integer(next, 4)), std::string(rows.bytes(next, 5)),
                       from_unix_us(rows.integer(next, 6))});
    if (const auto verdict = verdict_of(parts))
      steps.push_back(verdict_step(unpack_notification(rows.bytes(first, 0), rows.bytes(first, 1), {}),
                                   static_cast<int>(rows.integer(first, 2)), rows.bytes(first, 3), *verdict));
    first = next;
  }
  return steps;
}

Parameters move_parameters(const std::vector<Step>& steps) {
  std::vector<std::string> ids, answers, step_ids, packed;
  std::vector<std::int64_t> states, times;
  for (const Step& step : steps) {
    ids.push_back(pack_id(step.notification_id.value));
    states.push_back(
        code(step.kind == StepKind::delivered ? DeliveryState::delivered : DeliveryState::bounced));
    answers.push_back(step.answer);
    times.push_back(to_unix_us(step.at));
    step_ids.push_back(step.id());
    packed.push_back(pack_step(step));
  }
  Parameters parameters;
  parameters.blobs(ids).integers(states).blobs(answers).integers(times).blobs(step_ids).blobs(packed);
  return parameters;
}

}  // namespace

std::vector<Step> settle_and_commit(const Try& go, Transaction& transaction,
                                    const std::vector<std::string>& deliveries) {
  if (deliveries.empty()) {
    transaction.commit();
    return {};
  }
  transaction.add(lock_deliveries, std::move(Parameters().blobs(deliveries)));
  transaction.add(select_parts, std::move(Parameters().blobs(deliveries)));
  if (go.again) transaction.add(select_settled, std::move(Parameters().integer(settle_token(go))));
  const std::vector<Rows> rows = transaction.flush();
  std::vector<Step> steps = steps_of(rows[1]);
  if (!steps.empty()) transaction.add(move_on, std::move(move_parameters(steps).integer(settle_token(go))));
  transaction.commit();
  if (go.again)
    for (int i = 0; i < rows[2].size(); ++i) steps.push_back(unpack_step(rows[2].bytes(i, 0)));
  return steps;
}

std::vector<std::vector<Step>> apply_receipts_all(const Try& go,
                                                  const std::vector<PostgresLedger::Receipts>& requests) {
  struct First {
    const Receipt* receipt;
    std::size_t request;
  };
  std::map<MessageKey, First> first;  // in key order, so that nobody waits in a circle
  Timestamp now = requests.front().now;
  for (std::size_t r = 0; r < requests.size(); ++r) {
    now = std::max(now, requests[r].now);
    for (const Receipt& receipt : requests[r].batch)
      if (!receipt.message_id.empty())
        first.try_emplace({receipt.provider, receipt.message_id}, First{&receipt, r});
  }
  std::vector<std::vector<Step>> answers(requests.size());
  if (first.empty()) return answers;
  std::vector<std::string> providers, ids, texts;
  std::vector<std::int64_t> statuses, times;
  for (const auto& [key, entry] : first) {
    providers.push_back(key.first);
    ids.push_back(key.second);
    statuses.push_back(code(part_status(*entry.receipt)));
    texts.push_back(entry.receipt->answer);
    times.push_back(to_unix_us(entry.receipt->at));
  }
  Parameters parameters;
  parameters.blobs(providers).blobs(ids).integers(statuses).blobs(texts).integers(times).integer(
      to_unix_us(now));
  Transaction transaction(go.connection, go.deadline);
  transaction.add(forget_early, std::move(Parameters().integer(to_unix_us(now - early_receipt_kept))));
  transaction.add(upsert_receipts, std::move(parameters));
  const Rows rows = transaction.flush()[1];

  std::map<std::string, std::size_t> request_of;  // of each delivery: who brought its first receipt here
  for (int i = 0; i < rows.size(); ++i)
    if (!rows.is_null(i, 2))
      request_of.try_emplace(
          std::string(rows.bytes(i, 2)),
          first.at({std::string(rows.bytes(i, 0)), std::string(rows.bytes(i, 1))}).request);
  std::vector<std::string> deliveries;
  for (const auto& [delivery, request] : request_of) deliveries.push_back(delivery);
  for (Step& step : settle_and_commit(go, transaction, deliveries))
    answers[request_of.at(pack_id(step.notification_id.value))].push_back(std::move(step));
  return answers;
}

}  // namespace vestnik::store::postgres
