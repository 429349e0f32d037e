#include "store/sqlite/timeline_apply.h"

#include "store/codes.h"
#include "store/packed.h"
#include "store/sqlite/timeline_read.h"
#include "store/timeline_row.h"

namespace vestnik::store::sqlite {

std::optional<int> SqliteNames::number(NameKind kind, const std::string& text) {
  if (const auto known = cache_.find(kind, text)) return known;
  if (const auto known = learned_.cache.find(kind, text)) return known;
  std::optional<int> found = number_of(connection_, kind, text);
  if (!found) {
    found = next_number(connection_, kind);
    if (*found >= range_of(kind).end) return std::nullopt;
    Statement insert =
        connection_.prepare("INSERT INTO readside_names (kind, text, number) VALUES (?1, ?2, ?3)");
    insert.bind(1, code(kind)).bind_blob(2, text).bind(3, *found).run();
  }
  learned_.entries.push_back({kind, text, *found});
  learned_.cache.learn({learned_.entries.back()});
  return found;
}

void Applier::add(const AcceptedFact& event) {
  insert_event_.bind(1, generation_).bind_blob(2, event.event_id).bind_blob(3, event.event_type);
  insert_event_.bind(4, to_unix_us(event.accepted_at)).bind_blob(5, event.user_id).run();
  if (connection_.changes() > 0) return tally_.event(nullptr, event);
  const auto before = event_of(connection_, generation_, event.event_id);
  if (!before) return;
  AcceptedFact joined = *before;
  join(joined, event);
  if (joined == *before) return;
  Statement update = connection_.prepare(
      "UPDATE readside_events SET event_type = ?3, accepted_at = ?4, user_id = ?5 "
      "WHERE generation = ?1 AND event_id = ?2");
  update.bind(1, generation_).bind_blob(2, event.event_id).bind_blob(3, joined.event_type);
  update.bind(4, to_unix_us(joined.accepted_at)).bind_blob(5, joined.user_id).run();
  tally_.event(&*before, joined);
}

// What has its plan is most likely new, and what has not is most likely there: either costs one look.
void Applier::add(const TimelineRow& fresh) {
  if (fresh.plan ? insert(fresh) || join_to(fresh) : join_to(fresh) || insert(fresh)) return;
  throw DamagedValue("a timeline is neither there nor can it be added");
}

bool Applier::insert(const TimelineRow& row) {
  const std::string facts = pack_facts(row);
  const RowKeys keys = keys_of(row, names_);
  insert_.bind(1, generation_).bind_blob(2, row.id).bind_blob(3, row.user_id);
  insert_.bind(4, to_unix_us(keys.first_at)).bind(5, keys.state).bind(6, keys.group).bind(7, keys.error);
  insert_.bind_blob(8, facts).run();
  if (connection_.changes() == 0) return false;
  if (row.plan && row.plan->recipient_digest != 0) {
    add_recipient_.bind(1, generation_).bind_null(2).bind(3, row.plan->recipient_digest);
    add_recipient_.bind_blob(4, row.user_id).run();
  }
  tally_.row(nullptr, row);
  return true;
}

bool Applier::join_to(const TimelineRow& fresh) {
  if (!select_.bind(1, generation_).bind_blob(2, fresh.id).step()) {
    select_.reset();
    return false;
  }
  const Kept before{select_.integer(0), static_cast<int>(select_.integer(1)),
                    unpack_facts(fresh.id, select_.blob(2))};
  select_.reset();
  TimelineRow row = before.row;
  join(row, fresh);
  if (row == before.row) return true;
  update(before, row);
  tally_.row(&before.row, row);
  return true;
}

void Applier::update(const Kept& before, const TimelineRow& row) {
  const std::string facts = pack_facts(row);
  const RowKeys keys = keys_of(row, names_);
  update_.bind(1, before.seq).bind(2, keys.state).bind(3, keys.group).bind_blob(4, facts).run();
  // Apart: naming a column is enough to have every index of it written anew.
  if (keys.first_at != first_at(before.row)) {
    Statement set = connection_.prepare("UPDATE readside_rows SET first_at = ?2 WHERE seq = ?1");
    set.bind(1, before.seq).bind(2, to_unix_us(keys.first_at)).run();
  }
  if (keys.error != before.error) {
    Statement set = connection_.prepare("UPDATE readside_rows SET error = ?2 WHERE seq = ?1");
    set.bind(1, before.seq).bind(2, keys.error).run();
  }
  if (row.plan && row.plan->recipient_digest != 0 &&
      (!before.row.plan || before.row.plan->recipient_digest != row.plan->recipient_digest)) {
    add_recipient_.bind(1, generation_).bind(2, before.seq).bind(3, row.plan->recipient_digest);
    add_recipient_.bind_blob(4, row.user_id).run();
  }
}

void Applier::write_counters(Timestamp now) {
  Statement upsert = connection_.prepare(
      "INSERT INTO readside_counters (generation, kind, slot, grp, bucket, n) VALUES (?1, ?2, ?3, ?4, ?5, "
      "?6) "
      "ON CONFLICT (generation, kind, slot, grp, bucket) DO UPDATE SET n = n + excluded.n");
  upsert.bind(1, generation_);
  for (const auto& [counter, n] : tally_.to_write(now)) {
    upsert.bind(2, counter.kind).bind(3, counter.slot).bind(4, counter.group);
    upsert.bind(5, counter.bucket).bind(6, n).run();
  }
}

std::vector<std::int64_t> live_generations(Connection& connection) {
  Statement select =
      connection.prepare("SELECT generation FROM readside_generations WHERE role < 2 ORDER BY generation");
  std::vector<std::int64_t> generations;
  while (select.step()) generations.push_back(select.integer(0));
  return generations;
}

void apply_to(Connection& connection, std::int64_t generation, Names& names, const FactBatch& facts,
              Timestamp now) {
  Applier applier(connection, generation, names);
  for (const AcceptedFact& event : facts.events()) applier.add(event);
  for (const TimelineRow& row : facts.rows()) applier.add(row);
  applier.write_counters(now);
}

void forget_old(Connection& connection, TimelineMemory& memory, Timestamp now) {
  if (memory.forgot_minute == minute_of(now)) return;
  memory.forgot_minute = minute_of(now);
  Statement forget =
      connection.prepare("DELETE FROM readside_counters WHERE generation = ?1 AND kind = ?2 AND slot < ?3");
  for (const std::int64_t generation : live_generations(connection))
    for (const int kind : kinds::all())
      forget.bind(1, generation).bind(2, kind).bind(3, horizon(kind, now)).run();
}

}  // namespace vestnik::store::sqlite
