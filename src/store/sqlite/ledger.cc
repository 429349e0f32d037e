#include "store/sqlite/ledger.h"

#include <algorithm>

#include "store/codes.h"
#include "store/delivery_state.h"
#include "store/packed.h"
#include "store/sqlite/limits.h"

namespace vestnik::store::sqlite {
namespace {

std::vector<bool> admit_all(Connection& connection, const std::vector<Admission>& batch, Timestamp now) {
  Statement insert = connection.prepare(
      "INSERT INTO ledger (id, channel, partition, epoch, due_at, updated_at, meta) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING RETURNING seq");
  Statement content = connection.prepare("INSERT INTO ledger_content (seq, content) VALUES (?1, ?2)");
  std::vector<bool> taken;
  for (const Admission& a : batch) {
    const Notification& n = a.notification;
    const std::string id = pack_id(n.id.value), meta = pack_meta(n);
    insert.bind_blob(1, id).bind(2, code(n.channel)).bind(3, a.owner.partition).bind(4, a.owner.epoch);
    insert.bind(5, to_unix_us(n.send_at.value_or(now))).bind(6, to_unix_us(now)).bind_blob(7, meta);
    const bool fresh = insert.step();
    const std::int64_t seq = fresh ? insert.integer(0) : 0;
    insert.reset();
    if (fresh) {
      const std::string body = pack_content(n);
      content.bind(1, seq).bind_blob(2, body).run();
    }
    taken.push_back(fresh);
  }
  return taken;
}

// The row is as told, and no newer owner has its partition.
const std::string where_as_told =
    "WHERE id = ?1 AND state = 0 AND attempt = ?2 - 1 AND epoch <= ?3 AND NOT EXISTS "
    "(SELECT 1 FROM ledger_owners o WHERE o.channel = ledger.channel AND o.partition = ledger.partition "
    "AND o.epoch > ?3)";
const std::string select_as_told = "SELECT 1 FROM ledger " + where_as_told;
const std::string begin =
    "UPDATE ledger SET state = 1, attempt = ?2, epoch = ?3, provider = ?4, updated_at = ?5 " + where_as_told +
    " RETURNING partition";

// Within a work nothing else writes, so what is looked at first still holds afterwards.
bool is_as_told(Connection& connection, const AttemptStart& start) {
  const std::string id = pack_id(start.step.notification_id.value);
  Statement select = connection.prepare(select_as_told);
  select.bind_blob(1, id).bind(2, start.step.attempt).bind(3, start.owner.epoch);
  return select.step();
}

Beginning begin_one(Connection& connection, const AttemptStart& start, Limits& limits) {
  if (!start.limits.empty()) {
    if (!is_as_told(connection, start)) return {.kind = Beginning::Kind::refused};
    const Beginning counted = limits.use(start);
    if (counted.kind != Beginning::Kind::begun) return counted;
  }
  const Step& step = start.step;
  const std::string id = pack_id(step.notification_id.value);
  Statement update = connection.prepare(begin);
  update.bind_blob(1, id).bind(2, step.attempt).bind(3, start.owner.epoch).bind_blob(4, step.provider);
  update.bind(5, to_unix_us(step.at));
  if (!update.step()) return {.kind = Beginning::Kind::refused};
  keep_untold(connection, step, update.integer(0));
  return {.kind = Beginning::Kind::begun};
}

std::vector<Beginning> begin_all(Connection& connection, const std::vector<AttemptStart>& batch,
                                 Timestamp now) {
  Limits limits(connection, now);
  std::vector<Beginning> beginnings;
  beginnings.reserve(batch.size());
  for (const AttemptStart& start : batch) beginnings.push_back(begin_one(connection, start, limits));
  limits.write();
  return beginnings;
}

struct Place {
  std::int64_t seq = 0;
  std::int64_t partition = 0;
};

// The row's place if it was as told, and has been moved.
std::optional<Place> move_row(Connection& connection, const Transition& t) {
  const Step& step = t.step;
  const bool gives_back = t.to == DeliveryState::pending && !t.attempt_burned;
  const std::string id = pack_id(step.notification_id.value);
  const std::string progress = t.to == DeliveryState::pending ? t.progress : "";
  Statement update = connection.prepare(
      "UPDATE ledger SET state = ?4, attempt = attempt - (?5 AND state = 1), epoch = MAX(epoch, ?3), "
      "due_at = CASE WHEN ?4 = 0 THEN ?6 ELSE due_at END, updated_at = ?7, provider = ?8, answer = ?9, "
      "progress = ?10 "
      // An outcome is the truth about its attempt, whoever has the partition now.
      "WHERE id = ?1 AND attempt = ?2 AND (state = 1 OR (state = 0 AND epoch <= ?3 AND NOT EXISTS "
      "(SELECT 1 FROM ledger_owners o WHERE o.channel = ledger.channel AND o.partition = ledger.partition "
      "AND o.epoch > ?3))) RETURNING seq, partition");
  update.bind_blob(1, id).bind(2, step.attempt).bind(3, t.owner.epoch).bind(4, code(t.to));
  update.bind(5, gives_back ? 1 : 0)
      .bind(6, to_unix_us(step.due_at.value_or(step.at)))
      .bind(7, to_unix_us(step.at));
  update.bind_blob(8, step.provider).bind_blob(9, step.answer).bind_blob(10, progress);
  if (!update.step()) return std::nullopt;
  return Place{update.integer(0), update.integer(1)};
}

Ledger::Recorded record_all(Connection& connection, const std::vector<Transition>& batch) {
  Ledger::Recorded recorded;
  for (const Transition& t : batch) {
    const auto place = move_row(connection, t);
    recorded.applied.push_back(place.has_value());
    if (!place) continue;
    keep_untold(connection, t.step, place->partition);
    if (!content_is_needed(t.to)) drop_content(connection, place->seq);
    if (t.to != DeliveryState::sent || t.message_ids.empty()) continue;
    add_messages(connection, place->seq, t.step.provider, t.message_ids);
    if (auto step = settle(connection, place->seq)) recorded.receipt_steps.push_back(std::move(*step));
  }
  return recorded;
}

}  // namespace

void keep_untold(Connection& connection, const Step& step, std::int64_t partition) {
  const std::string id = step.id(), packed = pack_step(step);
  connection
      .prepare(
          "INSERT INTO outbox (step_id, channel, partition, step) VALUES (?1, ?2, ?3, ?4) "
          "ON CONFLICT (step_id) DO NOTHING")
      .bind_blob(1, id)
      .bind(2, code(step.channel))
      .bind(3, partition)
      .bind_blob(4, packed)
      .run();
}

void drop_content(Connection& connection, std::int64_t seq) {
  connection.prepare("DELETE FROM ledger_content WHERE seq = ?1").bind(1, seq).run();
}

void SqliteLedger::admit(std::vector<Admission> batch, Timestamp now, Done<std::vector<bool>> done) {
  gate_.write<std::vector<bool>>(
      [batch = std::move(batch), now](Connection& connection) { return admit_all(connection, batch, now); },
      std::move(done));
}

// The time is read when the work runs: an attempt that waited in the queue begins then, not before.
void SqliteLedger::begin_attempts(std::vector<AttemptStart> batch, Done<std::vector<Beginning>> done) {
  gate_.write<std::vector<Beginning>>(
      [batch = std::move(batch), &clock = clock_](Connection& connection) {
        return begin_all(connection, batch, clock.now());
      },
      std::move(done));
}

void SqliteLedger::record(std::vector<Transition> batch, Done<Recorded> done) {
  gate_.write<Recorded>(
      [batch = std::move(batch)](Connection& connection) { return record_all(connection, batch); },
      std::move(done));
}

void SqliteLedger::apply_receipts(std::vector<Receipt> batch, Done<std::vector<Step>> done) {
  gate_.write<std::vector<Step>>(
      [batch = std::move(batch), now = clock_.now()](Connection& connection) {
        return apply_receipts_now(connection, batch, now);
      },
      std::move(done));
}

void SqliteLedger::told(std::vector<std::string> step_ids) {
  if (gate_.notes().told(std::move(step_ids))) gate_.write_notes();
}

}  // namespace vestnik::store::sqlite
