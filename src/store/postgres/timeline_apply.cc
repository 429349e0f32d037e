#include "store/postgres/timeline_apply.h"

#include <algorithm>
#include <set>

#include "store/codes.h"
#include "store/packed.h"
#include "store/search.h"
#include "store/tally.h"
#include "store/timeline_row.h"

namespace vestnik::store::postgres {
namespace {

constexpr std::string_view lock_generations =
    "SELECT pg_advisory_xact_lock_shared(8531352011176673282)";  // generations_lock
constexpr std::string_view select_live =
    "SELECT generation, role FROM readside_generations WHERE role < 2 ORDER BY generation";
constexpr std::string_view insert_events =
    "INSERT INTO readside_events (generation, event_id, event_type, accepted_at, user_id) "
    "SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::int8[], $5::bytea[]) "
    "ON CONFLICT (generation, event_id) DO NOTHING RETURNING event_id";
constexpr std::string_view lock_events =
    "SELECT event_id, event_type, accepted_at, user_id FROM readside_events "
    "WHERE generation = $1 AND event_id = ANY ($2::bytea[]) ORDER BY event_id FOR UPDATE";
constexpr std::string_view update_events =
    "UPDATE readside_events e SET event_type = t.event_type, accepted_at = t.accepted_at, user_id = "
    "t.user_id "
    "FROM unnest($2::bytea[], $3::bytea[], $4::int8[], $5::bytea[]) "
    "AS t(event_id, event_type, accepted_at, user_id) WHERE e.generation = $1 AND e.event_id = t.event_id";
constexpr std::string_view insert_rows =
    "INSERT INTO readside_rows (generation, id, user_id, event_id, first_at, state, listed, grp, error, "
    "facts) "
    "SELECT $1, id, user_id, event_id, first_at, state, nullif(listed, -1), grp, error, facts FROM unnest("
    "$2::bytea[], $3::bytea[], $4::bytea[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], "
    "$10::bytea[]) AS t(id, user_id, event_id, first_at, state, listed, grp, error, facts) "
    "ON CONFLICT (generation, id) DO NOTHING RETURNING id";
constexpr std::string_view lock_rows =
    "SELECT id, facts FROM readside_rows WHERE generation = $1 AND id = ANY ($2::bytea[]) ORDER BY id "
    "FOR UPDATE";
constexpr std::string_view update_rows =
    "UPDATE readside_rows r SET first_at = t.first_at, state = t.state, listed = nullif(t.listed, -1), "
    "grp = t.grp, error = t.error, facts = t.facts FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], "
    "$5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::bytea[]) "
    "AS t(id, user_id, event_id, first_at, state, listed, grp, error, facts) "
    "WHERE r.generation = $1 AND r.id = t.id";
constexpr std::string_view insert_recipients =
    "INSERT INTO readside_recipients (generation, digest, user_id) "
    "SELECT $1, * FROM unnest($2::int8[], $3::bytea[]) ON CONFLICT DO NOTHING";
constexpr std::string_view change_counters =
    "INSERT INTO readside_counters AS c (generation, kind, slot, grp, bucket, n) "
    "SELECT $1, * FROM unnest($2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[]) "
    "ON CONFLICT (generation, kind, slot, grp, bucket) DO UPDATE SET n = c.n + excluded.n";
constexpr std::string_view forget_counters =
    "DELETE FROM readside_counters c USING (SELECT o.generation, o.kind, o.slot, o.grp, o.bucket "
    "FROM unnest($2::int8[], $3::int8[]) AS t(kind, slot) JOIN readside_counters o ON o.generation = $1 "
    "AND o.kind = t.kind AND o.slot < t.slot FOR UPDATE OF o SKIP LOCKED) o WHERE c.generation = "
    "o.generation "
    "AND c.kind = o.kind AND c.slot = o.slot AND c.grp = o.grp AND c.bucket = o.bucket";
constexpr std::string_view lock_names = "SELECT pg_advisory_xact_lock(8531352011176673283)";  // names_lock
constexpr std::string_view insert_names =
    "WITH next AS (SELECT coalesce(max(number) + 1, $3) AS number FROM readside_names WHERE kind = $1) "
    "INSERT INTO readside_names (kind, text, number) "
    "SELECT $1, t.text, next.number + row_number() OVER (ORDER BY t.text) - 1 "
    "FROM unnest($2::bytea[]) AS t(text), next "
    "WHERE NOT EXISTS (SELECT 1 FROM readside_names n WHERE n.kind = $1 AND n.text = t.text) "
    "ORDER BY t.text LIMIT greatest(0, $4 - (SELECT number FROM next))";
constexpr std::string_view select_names = "SELECT kind, text, number FROM readside_names";

static_assert(generations_lock == 8531352011176673282 && names_lock == 8531352011176673283);

using Missing = std::map<NameKind, std::set<std::string>>;

// Names that are known. Those that are not are `missing`, and what was made of the answers is of no use then.
class KnownNames final : public Names {
 public:
  explicit KnownNames(const TimelineMemory& memory) : memory_(memory) {}
  const Missing& missing() const { return missing_; }

 protected:
  std::optional<int> number(NameKind kind, const std::string& text) override {
    const auto known = memory_.find(kind, text);
    if (!known && !memory_.complete(kind)) missing_[kind].insert(text);
    return known;
  }

 private:
  const TimelineMemory& memory_;
  Missing missing_;
};

void give_names(const Try& go, TimelineMemory& memory, const Missing& missing) {
  Transaction transaction(go.connection, go.deadline);
  transaction.add(lock_names);
  for (const auto& [kind, texts] : missing) {
    const auto [first, end] = range_of(kind);
    Parameters parameters;
    parameters.integer(code(kind)).blobs({texts.begin(), texts.end()}).integer(first).integer(end);
    transaction.add(insert_names, std::move(parameters));
  }
  transaction.add(select_names);
  const Rows rows = transaction.commit().back();
  std::vector<NameCache::Entry> entries;
  for (int i = 0; i < rows.size(); ++i)
    entries.push_back({static_cast<NameKind>(rows.integer(i, 0)), std::string(rows.bytes(i, 1)),
                       static_cast<int>(rows.integer(i, 2))});
  memory.learn(entries);
}

// Parameters of insert_events and update_events, of insert_rows and update_rows.
class EventColumns {
 public:
  void add(const AcceptedFact& event) {
    ids_.push_back(event.event_id);
    types_.push_back(event.event_type);
    times_.push_back(to_unix_us(event.accepted_at));
    users_.push_back(event.user_id);
  }
  bool empty() const { return ids_.empty(); }
  Parameters of(std::int64_t generation) const {
    return std::move(
        Parameters().integer(generation).blobs(ids_).blobs(types_).integers(times_).blobs(users_));
  }

 private:
  std::vector<std::string> ids_, types_, users_;
  std::vector<std::int64_t> times_;
};

class RowColumns {
 public:
  explicit RowColumns(Names& names) : names_(names) {}

  void add(const TimelineRow& row) {
    const RowKeys keys = keys_of(row, names_);
    ids_.push_back(row.id);
    users_.push_back(row.user_id);
    events_.push_back(row.event_id);
    times_.push_back(to_unix_us(keys.first_at));
    states_.push_back(keys.state);
    listed_.push_back(is_listed_state(keys.state) ? keys.state : -1);
    groups_.push_back(keys.group);
    errors_.push_back(keys.error);
    facts_.push_back(pack_facts(row));
  }
  bool empty() const { return ids_.empty(); }
  Parameters of(std::int64_t generation) const {
    Parameters parameters;
    parameters.integer(generation).blobs(ids_).blobs(users_).blobs(events_).integers(times_);
    parameters.integers(states_).integers(listed_).integers(groups_).integers(errors_).blobs(facts_);
    return parameters;
  }

 private:
  Names& names_;
  std::vector<std::string> ids_, users_, events_, facts_;
  std::vector<std::int64_t> times_, states_, listed_, groups_, errors_;
};

// Writes facts into one generation.
class Writer {
 public:
  Writer(Transaction& transaction, std::int64_t generation, Names& names)
      : transaction_(transaction), generation_(generation), names_(names), tally_(names) {}

  void write(const Known& known) {
    write_events(known.events);
    write_rows(known.rows);
    write_recipients();
    write_counters(known.now);
  }
  void forget_old(Timestamp now) {
    std::vector<std::int64_t> kinds, slots;
    for (const int kind : store::kinds::all()) {
      kinds.push_back(kind);
      slots.push_back(horizon(kind, now));
    }
    transaction_.add(forget_counters,
                     std::move(Parameters().integer(generation_).integers(kinds).integers(slots)));
  }

 private:
  void write_events(const std::map<std::string, AcceptedFact>& events) {
    if (events.empty()) return;
    EventColumns all, changed;
    std::set<std::string> there;
    for (const auto& [id, event] : events) {
      all.add(event);
      there.insert(id);
    }
    transaction_.add(insert_events, all.of(generation_));
    const Rows inserted = transaction_.flush().back();
    for (int i = 0; i < inserted.size(); ++i) {
      const std::string id(inserted.bytes(i, 0));
      there.erase(id);
      tally_.event(nullptr, events.at(id));
    }
    if (there.empty()) return;
    transaction_.add(lock_events,
                     std::move(Parameters().integer(generation_).blobs({there.begin(), there.end()})));
    const Rows rows = transaction_.flush().back();
    for (int i = 0; i < rows.size(); ++i) {
      const AcceptedFact before{std::string(rows.bytes(i, 0)), std::string(rows.bytes(i, 1)),
                                from_unix_us(rows.integer(i, 2)), std::string(rows.bytes(i, 3))};
      AcceptedFact event = before;
      join(event, events.at(before.event_id));
      if (event == before) continue;
      tally_.event(&before, event);
      changed.add(event);
    }
    if (!changed.empty()) transaction_.add(update_events, changed.of(generation_));
  }

  void write_rows(const std::map<std::string, TimelineRow>& rows) {
    if (rows.empty()) return;
    RowColumns all(names_), changed(names_);
    std::set<std::string> there;
    for (const auto& [id, row] : rows) {
      all.add(row);
      there.insert(id);
    }
    transaction_.add(insert_rows, all.of(generation_));
    const Rows inserted = transaction_.flush().back();
    for (int i = 0; i < inserted.size(); ++i) {
      const std::string id(inserted.bytes(i, 0));
      there.erase(id);
      tally_.row(nullptr, rows.at(id));
      note_recipient(rows.at(id));
    }
    if (there.empty()) return;
    transaction_.add(lock_rows,
                     std::move(Parameters().integer(generation_).blobs({there.begin(), there.end()})));
    const Rows locked = transaction_.flush().back();
    for (int i = 0; i < locked.size(); ++i) {
      const TimelineRow before = unpack_facts(locked.bytes(i, 0), locked.bytes(i, 1));
      TimelineRow row = before;
      join(row, rows.at(before.id));
      if (row == before) continue;
      tally_.row(&before, row);
      if (row.plan != before.plan) note_recipient(row);
      changed.add(row);
    }
    if (!changed.empty()) transaction_.add(update_rows, changed.of(generation_));
  }

  void note_recipient(const TimelineRow& row) {
    if (row.plan && row.plan->recipient_digest != 0)
      recipients_.emplace(row.plan->recipient_digest, row.user_id);
  }

  void write_recipients() {
    if (recipients_.empty()) return;
    std::vector<std::int64_t> digests;
    std::vector<std::string> users;
    for (const auto& [digest, user] : recipients_) {
      digests.push_back(digest);
      users.push_back(user);
    }
    transaction_.add(insert_recipients,
                     std::move(Parameters().integer(generation_).integers(digests).blobs(users)));
  }

  void write_counters(Timestamp now) {
    std::vector<std::int64_t> kinds, slots, groups, buckets, changes;
    for (const auto& [counter, n] : tally_.to_write(now)) {
      kinds.push_back(counter.kind);
      slots.push_back(counter.slot);
      groups.push_back(counter.group);
      buckets.push_back(counter.bucket);
      changes.push_back(n);
    }
    if (kinds.empty()) return;
    Parameters parameters;
    parameters.integer(generation_).integers(kinds).integers(slots).integers(groups).integers(buckets);
    transaction_.add(change_counters, std::move(parameters.integers(changes)));
  }

  Transaction& transaction_;
  const std::int64_t generation_;
  Names& names_;
  Tally tally_;
  std::set<std::pair<std::int64_t, std::string>> recipients_;
};

// None: names are missing, and the transaction is given up.
std::optional<bool> try_to_write(const Try& go, TimelineMemory& memory, KnownNames& names, Known known,
                                 std::optional<RebuildId> rebuild, const Prepare& prepare) {
  Transaction transaction(go.connection, go.deadline);
  transaction.add(lock_generations);
  transaction.add(select_live);
  const Rows live = transaction.flush().back();
  if (prepare && !prepare(transaction, known)) return false;
  const bool forgets = !rebuild && memory.is_time_to_forget(known.now);
  bool wrote = false;
  for (int i = 0; i < live.size(); ++i) {
    const std::int64_t generation = live.integer(i, 0);
    if (rebuild && (generation != *rebuild || live.integer(i, 1) != code(Role::rebuilding))) continue;
    Writer writer(transaction, generation, names);
    writer.write(known);
    if (forgets) writer.forget_old(known.now);
    wrote = true;
  }
  if (!names.missing().empty()) return std::nullopt;
  transaction.commit();
  return wrote;
}

}  // namespace

bool TimelineMemory::is_time_to_forget(Timestamp now) {
  const std::lock_guard lock(mutex_);
  return std::exchange(forgot_minute_, minute_of(now)) != minute_of(now);
}

void Known::add(const FactBatch& batch, Timestamp at) {
  now = std::max(now, at);
  for (const AcceptedFact& event : batch.events()) {
    const auto [place, fresh] = events.try_emplace(event.event_id, event);
    if (!fresh) join(place->second, event);
  }
  for (const TimelineRow& row : batch.rows()) {
    const auto [place, fresh] = rows.try_emplace(row.id, row);
    if (!fresh) join(place->second, row);
  }
}

bool write_facts(const Try& go, TimelineMemory& memory, const Known& known, std::optional<RebuildId> rebuild,
                 const Prepare& prepare) {
  for (;;) {  // each round knows more names, of which there is a bounded number
    KnownNames names(memory);
    if (const auto wrote = try_to_write(go, memory, names, known, rebuild, prepare)) return *wrote;
    give_names(go, memory, names.missing());
  }
}

}  // namespace vestnik::store::postgres
