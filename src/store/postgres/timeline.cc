#include "store/postgres/timeline.h"

#include <algorithm>
#include <array>
#include <map>

#include "store/codes.h"
#include "store/packed.h"
#include "store/timeline_row.h"

namespace vestnik::store::postgres {
namespace {

// Several analytics-services may apply facts about the same notifications at once. Each of these statements
// takes its rows in key order, rows that are there before counters, so nobody waits in a circle; what a row
// counted for is read under its lock, so no change is counted twice.
constexpr std::string_view insert_events =
    "INSERT INTO timeline_events (event_id, event_type, accepted_at) "
    "SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::int8[]) ON CONFLICT (event_id) DO NOTHING RETURNING "
    "accepted_at";
constexpr std::string_view insert_rows =
    "INSERT INTO timeline (id, user_id, event_id, first_at, channel, state, facts) SELECT * FROM "
    "unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int8[], $5::int8[], $6::int8[], $7::bytea[]) "
    "ON CONFLICT (id) DO NOTHING RETURNING id";
constexpr std::string_view lock_rows =
    "SELECT id, facts FROM timeline WHERE id = ANY ($1::bytea[]) ORDER BY id FOR UPDATE";
constexpr std::string_view update_rows =
    "UPDATE timeline l SET first_at = t.first_at, state = t.state, facts = t.facts "
    "FROM unnest($1::bytea[], $2::int8[], $3::int8[], $4::bytea[]) AS t(id, first_at, state, facts) WHERE "
    "l.id = t.id";
constexpr std::string_view change_counters =
    "INSERT INTO timeline_counters AS c (kind, slot, channel, bucket, n) "
    "SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[]) "
    "ON CONFLICT (kind, slot, channel, bucket) DO UPDATE SET n = c.n + excluded.n";
constexpr std::string_view forget_counters =
    "DELETE FROM timeline_counters c USING (SELECT o.kind, o.slot, o.channel, o.bucket "
    "FROM unnest($1::int8[], $2::int8[]) AS t(kind, slot) JOIN timeline_counters o ON o.kind = t.kind "
    "AND o.slot < t.slot FOR UPDATE OF o SKIP LOCKED) o "
    "WHERE c.kind = o.kind AND c.slot = o.slot AND c.channel = o.channel AND c.bucket = o.bucket";
constexpr std::string_view select_one =
    "SELECT t.id, t.facts, e.event_type, e.accepted_at FROM timeline t "
    "LEFT JOIN timeline_events e ON e.event_id = t.event_id WHERE t.id = $1";
constexpr std::string_view select_newest =
    "SELECT t.id, t.facts, e.event_type, e.accepted_at FROM "
    "(SELECT * FROM timeline ORDER BY first_at DESC, id DESC LIMIT $1) t "
    "LEFT JOIN timeline_events e ON e.event_id = t.event_id ORDER BY t.first_at DESC, t.id DESC";
constexpr std::string_view select_newest_of_user =
    "SELECT t.id, t.facts, e.event_type, e.accepted_at FROM "
    "(SELECT * FROM timeline WHERE user_id = $2 ORDER BY first_at DESC, id DESC LIMIT $1) t "
    "LEFT JOIN timeline_events e ON e.event_id = t.event_id ORDER BY t.first_at DESC, t.id DESC";
constexpr std::string_view select_counters =
    "SELECT c.kind, c.slot, c.channel, c.bucket, c.n FROM unnest($1::int8[], $2::int8[]) AS t(kind, slot) "
    "JOIN timeline_counters c ON c.kind = t.kind AND c.slot >= t.slot";

constexpr std::array counter_kinds{CounterKind::events,           CounterKind::state,
                                   CounterKind::planned,          CounterKind::sent,
                                   CounterKind::accepted_to_sent, CounterKind::sent_to_delivered};

using RowMap = std::map<std::string, TimelineRow>;  // by packed id

using EventMap = std::map<std::string_view, const AcceptedFact*>;

struct Known {
  EventMap events;  // by packed id
  RowMap rows;
  Timestamp now = Timestamp::min();
};

Known gather(const std::vector<PostgresTimeline::Facts>& requests) {
  Known known;
  for (const PostgresTimeline::Facts& request : requests) {
    known.now = std::max(known.now, request.now);
    for (const AcceptedFact& event : request.batch->events()) known.events.emplace(event.event_id, &event);
    for (const TimelineRow& row : request.batch->rows()) {
      const auto [place, fresh] = known.rows.try_emplace(row.id, row);
      if (!fresh) join(place->second, row);
    }
  }
  return known;
}

Statement insert_of(const EventMap& events) {
  std::vector<std::string> ids, types;
  std::vector<std::int64_t> times;
  for (const auto& [id, event] : events) {
    ids.emplace_back(id);
    types.push_back(event->event_type);
    times.push_back(to_unix_us(event->accepted_at));
  }
  return {insert_events, std::move(Parameters().blobs(ids).blobs(types).integers(times))};
}

Statement insert_of(const RowMap& rows) {
  std::vector<std::string> ids, users, events, facts;
  std::vector<std::int64_t> times, channels, states;
  for (const auto& [id, row] : rows) {
    ids.push_back(id);
    users.push_back(row.user_id);
    events.push_back(row.event_id);
    times.push_back(to_unix_us(first_at(row)));
    channels.push_back(code(row.channel));
    states.push_back(state_code(row));
    facts.push_back(pack_facts(row));
  }
  Parameters parameters;
  parameters.blobs(ids).blobs(users).blobs(events).integers(times).integers(channels).integers(states).blobs(
      facts);
  return {insert_rows, std::move(parameters)};
}

Statement update_of(const RowMap& rows) {
  std::vector<std::string> ids, facts;
  std::vector<std::int64_t> times, states;
  for (const auto& [id, row] : rows) {
    ids.push_back(id);
    times.push_back(to_unix_us(first_at(row)));
    states.push_back(state_code(row));
    facts.push_back(pack_facts(row));
  }
  return {update_rows, std::move(Parameters().blobs(ids).integers(times).integers(states).blobs(facts))};
}

Statement change_of(const CounterDeltas& deltas) {
  std::vector<std::int64_t> kinds, slots, channels, buckets, changes;
  for (const auto& [counter, n] : deltas) {
    if (n == 0) continue;
    kinds.push_back(code(counter.kind));
    slots.push_back(counter.slot);
    channels.push_back(code(counter.channel));
    buckets.push_back(counter.bucket);
    changes.push_back(n);
  }
  Parameters parameters;
  parameters.integers(kinds).integers(slots).integers(channels).integers(buckets).integers(changes);
  return {change_counters, std::move(parameters)};
}

// For every kind of counter the slot that `from` gives.
Parameters slots_of(std::int64_t (*from)(CounterKind, Timestamp), Timestamp now) {
  std::vector<std::int64_t> kinds, slots;
  for (const CounterKind kind : counter_kinds) {
    kinds.push_back(code(kind));
    slots.push_back(from(kind, now));
  }
  return std::move(Parameters().integers(kinds).integers(slots));
}

void add(Transaction& transaction, Statement statement) {
  transaction.add(statement.sql, std::move(statement.parameters));
}

// Rows that were there: joined under their locks. What changed is left in `changed`.
void join_existing(Transaction& transaction, RowMap& existing, Timestamp now, RowMap& changed,
                   CounterDeltas& deltas) {
  std::vector<std::string> ids;
  for (const auto& [id, row] : existing) ids.push_back(id);
  transaction.add(lock_rows, std::move(Parameters().blobs(ids)));
  const Rows rows = transaction.flush().front();
  for (int i = 0; i < rows.size(); ++i) {
    const TimelineRow before = unpack_facts(rows.bytes(i, 0), rows.bytes(i, 1));
    const std::string id(rows.bytes(i, 0));
    TimelineRow row = before;
    join(row, std::move(existing.at(id)));
    if (row == before) continue;
    count(before, -1, now, deltas);
    count(row, +1, now, deltas);
    changed.emplace(id, std::move(row));
  }
}

std::vector<std::monostate> apply_all(const Try& go, const std::vector<PostgresTimeline::Facts>& requests) {
  Known known = gather(requests);
  CounterDeltas deltas;
  Transaction transaction(go.connection, go.deadline);
  add(transaction, insert_of(known.events));
  add(transaction, insert_of(known.rows));
  const std::vector<Rows> inserted = transaction.flush();
  if (inserted[0].size() > 0) deltas[Counter{}] = inserted[0].size();
  RowMap existing = std::move(known.rows), changed;
  for (int i = 0; i < inserted[1].size(); ++i) {
    const auto fresh = existing.extract(std::string(inserted[1].bytes(i, 0)));
    count(fresh.mapped(), +1, known.now, deltas);
  }
  if (!existing.empty()) join_existing(transaction, existing, known.now, changed, deltas);
  if (!changed.empty()) add(transaction, update_of(changed));
  if (!deltas.empty()) {
    add(transaction, change_of(deltas));
    transaction.add(forget_counters, slots_of(horizon, known.now));
  }
  transaction.commit();
  return std::vector<std::monostate>(requests.size());
}

NotificationView view_in(const Rows& rows, int i, bool with_timeline) {
  const TimelineRow row = unpack_facts(rows.bytes(i, 0), rows.bytes(i, 1));
  std::optional<AcceptedFact> event;
  if (!rows.is_null(i, 2))
    event = AcceptedFact{row.event_id, std::string(rows.bytes(i, 2)), from_unix_us(rows.integer(i, 3))};
  return view_of(row, event, with_timeline);
}

std::vector<std::optional<NotificationView>> view_all(const Try& go, const std::vector<std::string>& ids) {
  std::vector<Statement> statements;
  for (const std::string& id : ids) statements.push_back({select_one, std::move(Parameters().bytes(id))});
  std::vector<std::optional<NotificationView>> views;
  for (const Rows& rows : go.connection.run(statements, go.deadline))
    views.push_back(rows.size() > 0 ? std::optional(view_in(rows, 0, true)) : std::nullopt);
  return views;
}

std::vector<std::vector<NotificationView>> list_all(const Try& go,
                                                    const std::vector<PostgresTimeline::Listing>& requests) {
  std::vector<Statement> statements;
  for (const PostgresTimeline::Listing& listing : requests) {
    Parameters parameters;
    parameters.integer(static_cast<std::int64_t>(listing.limit));
    if (!listing.user.empty()) parameters.bytes(pack_id(listing.user.value));
    statements.push_back(
        {listing.user.empty() ? select_newest : select_newest_of_user, std::move(parameters)});
  }
  std::vector<std::vector<NotificationView>> lists;
  for (const Rows& rows : go.connection.run(statements, go.deadline)) {
    std::vector<NotificationView>& views = lists.emplace_back();
    for (int i = 0; i < rows.size(); ++i) views.push_back(view_in(rows, i, false));
  }
  return lists;
}

std::vector<Stats> count_all(const Try& go, const std::vector<Timestamp>& times) {
  std::vector<Statement> statements;
  for (const Timestamp now : times) statements.push_back({select_counters, slots_of(window_start, now)});
  std::vector<Stats> answers;
  for (const Rows& rows : go.connection.run(statements, go.deadline)) {
    std::vector<std::pair<Counter, std::int64_t>> counters;
    for (int i = 0; i < rows.size(); ++i)
      counters.push_back({{static_cast<CounterKind>(rows.integer(i, 0)), rows.integer(i, 1),
                           channel_of(rows.integer(i, 2)), static_cast<int>(rows.integer(i, 3))},
                          rows.integer(i, 4)});
    answers.push_back(stats_of(counters));
  }
  return answers;
}

}  // namespace

PostgresTimeline::PostgresTimeline(Pool& pool)
    : pool_(pool),
      applying_(pool.add_lane<Facts, std::monostate>(1, true, apply_all)),
      viewing_(pool.add_lane<std::string, std::optional<NotificationView>>(2, false, view_all)),
      listing_(pool.add_lane<Listing, std::vector<NotificationView>>(2, false, list_all)),
      counting_(pool.add_lane<Timestamp, Stats>(1, false, count_all)) {}

void PostgresTimeline::apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) {
  const std::size_t rows = facts->events().size() + facts->rows().size();
  submit_void(pool_, applying_, Facts{std::move(facts), now}, rows, std::move(done));
}

void PostgresTimeline::notification(const NotificationId& id, Done<std::optional<NotificationView>> done) {
  pool_.submit(viewing_, pack_id(id.value), 1, std::move(done));
}

void PostgresTimeline::newest(const UserId& user, std::size_t limit,
                              Done<std::vector<NotificationView>> done) {
  pool_.submit(listing_, Listing{user, limit}, 1, std::move(done));
}

void PostgresTimeline::stats(Timestamp now, Done<Stats> done) {
  pool_.submit(counting_, now, 1, std::move(done));
}

}  // namespace vestnik::store::postgres
