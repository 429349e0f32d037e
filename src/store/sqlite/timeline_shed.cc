#include <array>

#include "store/codes.h"
#include "store/packed.h"
#include "store/sqlite/timeline_apply.h"
#include "store/sqlite/timeline_read.h"
#include "store/timeline_row.h"

namespace vestnik::store::sqlite {
namespace {

// A few ms of the writer's time.
constexpr std::int64_t step_rows = 1000;

// The rows of one table whose key the query gives, taken out of it.
template <class Item, class Read>
std::vector<Item> taken_out(Connection& connection, std::string_view sql, Read read) {
  std::vector<Item> items;
  Statement take = connection.prepare(sql);
  for (take.bind(1, step_rows); take.step();) items.push_back(read(take));
  return items;
}

}  // namespace

bool carry_over(Connection& connection, Names& names, Timestamp now) {
  const auto rows =
      taken_out<TimelineRow>(connection,
                             "DELETE FROM timeline WHERE seq IN (SELECT seq FROM timeline ORDER BY seq LIMIT "
                             "?1) RETURNING id, facts",
                             [](Statement& row) { return unpack_facts(row.blob(0), row.blob(1)); });
  const auto events = taken_out<AcceptedFact>(
      connection,
      "DELETE FROM timeline_events WHERE event_id IN "
      "(SELECT event_id FROM timeline_events ORDER BY event_id LIMIT ?1) "
      "RETURNING event_id, event_type, accepted_at",
      [](Statement& row) {
        return AcceptedFact{
            std::string(row.blob(0)), std::string(row.blob(1)), from_unix_us(row.integer(2)), {}};
      });
  if (rows.empty() && events.empty()) return false;
  for (const std::int64_t generation : live_generations(connection)) {
    Applier applier(connection, generation, names);
    for (const AcceptedFact& event : events) applier.add(event);
    for (const TimelineRow& row : rows) applier.add(row);
    applier.write_counters(now);
  }
  return true;
}

bool shed(Connection& connection) {
  Statement find = connection.prepare("SELECT min(generation) FROM readside_generations WHERE role = 2");
  find.step();
  if (find.is_null(0)) return false;
  const std::int64_t generation = find.integer(0);
  constexpr std::array<std::string_view, 4> deletions{
      "DELETE FROM readside_rows WHERE seq IN (SELECT seq FROM readside_rows INDEXED BY readside_rows_first "
      "WHERE generation = ?1 LIMIT ?2)",
      "DELETE FROM readside_events WHERE (generation, event_id) IN "
      "(SELECT generation, event_id FROM readside_events WHERE generation = ?1 LIMIT ?2)",
      "DELETE FROM readside_recipients WHERE (generation, block, digest, user_id) IN "
      "(SELECT generation, block, digest, user_id FROM readside_recipients WHERE generation = ?1 LIMIT ?2)",
      "DELETE FROM readside_counters WHERE (generation, kind, slot, grp, bucket) IN "
      "(SELECT generation, kind, slot, grp, bucket FROM readside_counters WHERE generation = ?1 LIMIT ?2)"};
  for (const std::string_view sql : deletions) {
    connection.prepare(sql).bind(1, generation).bind(2, step_rows).run();
    if (connection.changes() > 0) return true;
  }
  connection.prepare("DELETE FROM readside_generations WHERE generation = ?1").bind(1, generation).run();
  return true;
}

}  // namespace vestnik::store::sqlite
