#include "store/postgres/timeline.h"

#include <array>

#include "store/codes.h"
#include "store/packed.h"
#include "store/postgres/timeline_apply.h"
#include "store/postgres/timeline_read.h"
#include "store/timeline_row.h"

namespace vestnik::store::postgres {
namespace {

// Some 10 ms of the database's time.
constexpr std::int64_t shed_rows = 1000;

constexpr std::string_view lock_generations_alone =
    "SELECT pg_advisory_xact_lock(8531352011176673282)";  // generations_lock
constexpr std::string_view give_up_rebuild = "UPDATE readside_generations SET role = 2 WHERE role = 1";
constexpr std::string_view begin_generation =
    "INSERT INTO readside_generations (generation, role, whole) "
    "SELECT max(generation) + 1, 1, true FROM readside_generations RETURNING generation";
// Of both at once: the one that served, and the new one if it is still the one that is rebuilt.
constexpr std::string_view swap_generations =
    "UPDATE readside_generations SET role = CASE generation WHEN $1 THEN 0 ELSE 2 END "
    "WHERE (generation = $1 OR role = 0) "
    "AND EXISTS (SELECT 1 FROM readside_generations WHERE generation = $1 AND role = 1)";
constexpr std::string_view is_serving =
    "SELECT EXISTS (SELECT 1 FROM readside_generations WHERE generation = $1 AND role = 0)";
constexpr std::string_view select_state =
    "SELECT bool_or(role = 1), bool_or(role = 0 AND NOT whole) FROM readside_generations";

constexpr std::string_view take_rows =
    "DELETE FROM timeline WHERE id = ANY (ARRAY (SELECT id FROM timeline ORDER BY id LIMIT $1 "
    "FOR UPDATE SKIP LOCKED)) RETURNING id, facts";
constexpr std::string_view take_events =
    "DELETE FROM timeline_events WHERE event_id = ANY (ARRAY (SELECT event_id FROM timeline_events "
    "ORDER BY event_id LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING event_id, event_type, accepted_at";

constexpr std::string_view select_replaced =
    "SELECT generation FROM readside_generations WHERE role = 2 ORDER BY generation LIMIT 1";
constexpr std::array<std::string_view, 4> deletions{
    "DELETE FROM readside_rows WHERE ctid = ANY (ARRAY (SELECT ctid FROM readside_rows WHERE generation = $1 "
    "ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1",
    "DELETE FROM readside_events WHERE ctid = ANY (ARRAY (SELECT ctid FROM readside_events "
    "WHERE generation = $1 ORDER BY event_id LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1",
    "DELETE FROM readside_recipients WHERE ctid = ANY (ARRAY (SELECT ctid FROM readside_recipients "
    "WHERE generation = $1 ORDER BY digest LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1",
    "DELETE FROM readside_counters WHERE ctid = ANY (ARRAY (SELECT ctid FROM readside_counters "
    "WHERE generation = $1 ORDER BY kind LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1"};
constexpr std::string_view delete_generation =
    "DELETE FROM readside_generations WHERE generation = $1 AND role = 2 "
    "AND NOT EXISTS (SELECT 1 FROM readside_rows WHERE generation = $1) "
    "AND NOT EXISTS (SELECT 1 FROM readside_events WHERE generation = $1) "
    "AND NOT EXISTS (SELECT 1 FROM readside_recipients WHERE generation = $1) "
    "AND NOT EXISTS (SELECT 1 FROM readside_counters WHERE generation = $1)";

static_assert(generations_lock == 8531352011176673282);

std::vector<std::monostate> apply_all(const Try& go, TimelineMemory& memory,
                                      const std::vector<PostgresTimeline::Facts>& requests) {
  Known known;
  for (const PostgresTimeline::Facts& request : requests) known.add(*request.batch, request.now);
  write_facts(go, memory, known, std::nullopt);
  return std::vector<std::monostate>(requests.size());
}

std::vector<bool> rebuild_all(const Try& go, TimelineMemory& memory,
                              const std::vector<PostgresTimeline::RebuildFacts>& requests) {
  std::vector<bool> wrote;
  for (const PostgresTimeline::RebuildFacts& request : requests) {
    Known known;
    known.add(*request.facts.batch, request.facts.now);
    wrote.push_back(write_facts(go, memory, known, request.rebuild));
  }
  return wrote;
}

std::vector<RebuildId> begin_rebuilds(const Try& go, const std::vector<std::monostate>& requests) {
  std::vector<RebuildId> rebuilds;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    Transaction transaction(go.connection, go.deadline);
    transaction.add(lock_generations_alone);
    transaction.add(give_up_rebuild);
    transaction.add(begin_generation);
    rebuilds.push_back(transaction.commit().back().integer(0, 0));
  }
  return rebuilds;
}

std::vector<bool> finish_rebuilds(const Try& go, const std::vector<RebuildId>& rebuilds) {
  std::vector<bool> finished;
  for (const RebuildId rebuild : rebuilds) {
    Transaction transaction(go.connection, go.deadline);
    transaction.add(lock_generations_alone);
    transaction.add(swap_generations, std::move(Parameters().integer(rebuild)));
    transaction.add(is_serving, std::move(Parameters().integer(rebuild)));
    finished.push_back(transaction.commit().back().integer(0, 0) != 0);
  }
  return finished;
}

std::vector<RebuildState> state_all(const Try& go, const std::vector<std::monostate>& requests) {
  const Statement statement{select_state, {}};
  const Rows rows = go.connection.run({&statement, 1}, go.deadline).front();
  const RebuildState state = rows.integer(0, 0) != 0   ? RebuildState::unfinished
                             : rows.integer(0, 1) != 0 ? RebuildState::needed
                                                       : RebuildState::none;
  return std::vector(requests.size(), state);
}

// Takes rows out of the tables of an older version. False: they are empty.
bool take_old(Transaction& transaction, Known& known) {
  transaction.add(take_rows, std::move(Parameters().integer(shed_rows)));
  transaction.add(take_events, std::move(Parameters().integer(shed_rows)));
  const std::vector<Rows> taken = transaction.flush();
  const Rows &rows = taken[0], &events = taken[1];
  for (int i = 0; i < rows.size(); ++i) {
    TimelineRow row = unpack_facts(rows.bytes(i, 0), rows.bytes(i, 1));
    std::string id = row.id;
    known.rows.emplace(std::move(id), std::move(row));
  }
  for (int i = 0; i < events.size(); ++i) {
    std::string id(events.bytes(i, 0));
    AcceptedFact event{id, std::string(events.bytes(i, 1)), from_unix_us(events.integer(i, 2)), {}};
    known.events.emplace(std::move(id), std::move(event));
  }
  return rows.size() > 0 || events.size() > 0;
}

bool shed(const Try& go) {
  Transaction transaction(go.connection, go.deadline);
  transaction.add(select_replaced);
  const Rows replaced = transaction.flush().back();
  if (replaced.size() == 0) return false;
  const std::int64_t generation = replaced.integer(0, 0);
  int deleted = 0;
  for (const std::string_view sql : deletions) {
    if (deleted > 0) break;
    transaction.add(sql, std::move(Parameters().integer(generation).integer(shed_rows)));
    deleted = transaction.flush().back().size();
  }
  if (deleted == 0) transaction.add(delete_generation, std::move(Parameters().integer(generation)));
  transaction.commit();
  return true;
}

std::vector<bool> shed_all(const Try& go, TimelineMemory& memory, const std::vector<Timestamp>& times) {
  std::vector<bool> more;
  for (const Timestamp now : times) {
    Known old;
    old.now = now;
    more.push_back(write_facts(go, memory, old, std::nullopt, take_old) || shed(go));
  }
  return more;
}

}  // namespace

PostgresTimeline::PostgresTimeline(Pool& pool, const Clock& clock)
    : pool_(pool),
      clock_(clock),
      memory_(std::make_unique<TimelineMemory>()),
      applying_(
          pool.add_lane<Facts, std::monostate>(1, true,
                                               [&memory = *memory_](const auto& go, const auto& requests) {
                                                 return apply_all(go, memory, requests);
                                               })),
      viewing_(pool.add_lane<std::string, std::optional<NotificationView>>(2, false, view_all)),
      searching_(pool.add_lane<Searching, NotificationPage>(2, false, search_all)),
      counting_(pool.add_lane<Timestamp, Stats>(1, false, count_all)),
      reporting_(pool.add_lane<ReportQuery, Report>(2, false, report_all)),
      beginning_(pool.add_lane<std::monostate, RebuildId>(1, false, begin_rebuilds)),
      rebuilding_(
          pool.add_lane<RebuildFacts, bool>(1, false,
                                            [&memory = *memory_](const auto& go, const auto& requests) {
                                              return rebuild_all(go, memory, requests);
                                            })),
      finishing_(pool.add_lane<RebuildId, bool>(1, false, finish_rebuilds)),
      rebuild_state_(pool.add_lane<std::monostate, RebuildState>(1, false, state_all)),
      shedding_(pool.add_lane<Timestamp, bool>(
          1, false,
          [&memory = *memory_](const auto& go, const auto& times) { return shed_all(go, memory, times); })) {}

PostgresTimeline::~PostgresTimeline() = default;

void PostgresTimeline::apply(std::shared_ptr<const FactBatch> facts, Timestamp now, Done<void> done) {
  const std::size_t rows = facts->events().size() + facts->rows().size();
  submit_void(pool_, applying_, Facts{std::move(facts), now}, rows, std::move(done));
}

void PostgresTimeline::notification(const NotificationId& id, Done<std::optional<NotificationView>> done) {
  pool_.submit(viewing_, pack_id(id.value), 1, std::move(done));
}

void PostgresTimeline::search(NotificationFilter filter, std::string cursor, std::size_t limit,
                              Done<NotificationPage> done) {
  pool_.submit(searching_, Searching{std::move(filter), std::move(cursor), limit}, 1, std::move(done));
}

void PostgresTimeline::stats(Timestamp now, Done<Stats> done) {
  pool_.submit(counting_, now, 1, std::move(done));
}

void PostgresTimeline::report(ReportQuery query, Done<Report> done) {
  pool_.submit(reporting_, std::move(query), 1, std::move(done));
}

void PostgresTimeline::begin_rebuild(Done<RebuildId> done) {
  pool_.submit(beginning_, std::monostate{}, 1, std::move(done));
}

void PostgresTimeline::apply_to_rebuild(RebuildId rebuild, std::shared_ptr<const FactBatch> facts,
                                        Timestamp now, Done<bool> done) {
  const std::size_t rows = facts->events().size() + facts->rows().size();
  pool_.submit(rebuilding_, RebuildFacts{rebuild, {std::move(facts), now}}, rows, std::move(done));
}

void PostgresTimeline::finish_rebuild(RebuildId rebuild, Done<bool> done) {
  pool_.submit(finishing_, rebuild, 1, std::move(done));
}

void PostgresTimeline::rebuild_state(Done<RebuildState> done) {
  pool_.submit(rebuild_state_, std::monostate{}, 1, std::move(done));
}

void PostgresTimeline::shed_replaced(Done<bool> done) {
  pool_.submit(shedding_, clock_.now(), 1, std::move(done));
}

}  // namespace vestnik::store::postgres
