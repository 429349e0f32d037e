#include "store/codes.h"
#include "store/packed.h"
#include "store/receipt_verdict.h"
#include "store/sqlite/ledger.h"

namespace vestnik::store::sqlite {
namespace {

void forget_old_early_ones(Connection& connection, Timestamp now) {
  connection.prepare("DELETE FROM ledger_messages WHERE delivery IS NULL AND kept_at < ?1")
      .bind(1, to_unix_us(now - early_receipt_kept))
      .run();
}

std::vector<Part> parts_of(Connection& connection, const Submitted& submitted) {
  Statement select = submitted.parts == 1 ? connection.prepare(
                                                "SELECT status, answer, at FROM ledger_messages "
                                                "WHERE provider = ?1 AND message_id = ?2")
                                          : connection.prepare(
                                                "SELECT status, answer, at FROM ledger_messages "
                                                "WHERE delivery = ?1 AND parts > 1 ORDER BY at, message_id");
  if (submitted.parts == 1)
    select.bind_blob(1, submitted.provider).bind_blob(2, submitted.message_id);
  else
    select.bind(1, submitted.seq);
  std::vector<Part> parts;
  while (select.step())
    parts.push_back({static_cast<PartStatus>(select.integer(0)), std::string(select.blob(1)),
                     from_unix_us(select.integer(2))});
  return parts;
}

// What the receipt's message belongs to, if this is the first word about that message.
std::optional<Submitted> note(Connection& connection, const Receipt& receipt, Timestamp now) {
  if (receipt.message_id.empty()) return std::nullopt;
  Statement find = connection.prepare(
      "SELECT status, delivery, parts FROM ledger_messages WHERE provider = ?1 AND message_id = ?2");
  const bool is_known = find.bind_blob(1, receipt.provider).bind_blob(2, receipt.message_id).step();
  if (is_known && static_cast<PartStatus>(find.integer(0)) != PartStatus::waiting) return std::nullopt;
  std::optional<Submitted> submitted;
  if (is_known && !find.is_null(1))
    submitted = Submitted{find.integer(1), find.integer(2), receipt.provider, receipt.message_id};
  find.reset();
  Statement write = connection.prepare(
      is_known ? "UPDATE ledger_messages SET status = ?3, answer = ?4, at = ?5 WHERE provider = ?1 AND "
                 "message_id = ?2"
               : "INSERT INTO ledger_messages (provider, message_id, delivery, status, answer, at, kept_at) "
                 "VALUES (?1, ?2, NULL, ?3, ?4, ?5, ?6)");
  write.bind_blob(1, receipt.provider).bind_blob(2, receipt.message_id).bind(3, code(part_status(receipt)));
  write.bind_blob(4, receipt.answer).bind(5, to_unix_us(receipt.at));
  if (!is_known) write.bind(6, to_unix_us(now));
  write.run();
  return submitted;
}

}  // namespace

std::optional<Submitted> add_messages(Connection& connection, std::int64_t seq, const std::string& provider,
                                      const std::vector<std::string>& message_ids) {
  Statement insert = connection.prepare(
      "INSERT INTO ledger_messages (provider, message_id, delivery, status, parts) VALUES (?1, ?2, ?3, 0, "
      "?4) "
      "ON CONFLICT (provider, message_id) DO NOTHING");
  const auto parts = static_cast<std::int64_t>(message_ids.size());
  std::optional<Submitted> known;
  for (const std::string& id : message_ids) {
    if (id.empty()) continue;
    insert.bind_blob(1, provider).bind_blob(2, id).bind(3, seq).bind(4, parts).run();
    if (connection.changes() > 0) continue;
    known = Submitted{seq, parts, provider, id};
    // An early receipt (delivery IS NULL) keeps its status; an id that the provider uses again starts anew.
    connection
        .prepare(
            "UPDATE ledger_messages SET delivery = ?3, parts = ?4, status = CASE WHEN delivery IS NULL OR "
            "delivery = ?3 THEN status ELSE 0 END WHERE provider = ?1 AND message_id = ?2")
        .bind_blob(1, provider)
        .bind_blob(2, id)
        .bind(3, seq)
        .bind(4, parts)
        .run();
  }
  return known;
}

std::optional<Step> settle(Connection& connection, const Submitted& submitted, StepBook& book) {
  const auto verdict = verdict_of(parts_of(connection, submitted));
  if (!verdict) return std::nullopt;
  Statement find = connection.prepare(
      "SELECT id, meta, attempt, provider, partition FROM ledger WHERE seq = ?1 AND state = ?2");
  if (!find.bind(1, submitted.seq).bind(2, code(DeliveryState::sent)).step()) return std::nullopt;
  const Notification notification = unpack_notification(find.blob(0), find.blob(1), {});
  Step step = verdict_step(notification, static_cast<int>(find.integer(2)), find.blob(3), *verdict);
  const std::int64_t partition = find.integer(4);
  find.reset();
  Statement update =
      connection.prepare("UPDATE ledger SET state = ?2, answer = ?3, updated_at = ?4 WHERE seq = ?1");
  update.bind(1, submitted.seq).bind(2, code(verdict->state)).bind_blob(3, verdict->answer);
  update.bind(4, to_unix_us(verdict->at)).run();
  book.note(step, partition);
  return step;
}

std::vector<Step> apply_receipts_now(Connection& connection, const std::vector<Receipt>& batch, Timestamp now,
                                     StepBook& book) {
  std::vector<Step> steps;
  if (batch.empty()) return steps;
  forget_old_early_ones(connection, now);
  for (const Receipt& receipt : batch)
    if (const auto submitted = note(connection, receipt, now))
      if (auto step = settle(connection, *submitted, book)) steps.push_back(std::move(*step));
  return steps;
}

}  // namespace vestnik::store::sqlite
