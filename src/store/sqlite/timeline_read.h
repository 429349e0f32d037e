// Reading the read side, and clearing away what was replaced.
#pragma once

#include <optional>
#include <string>

#include "store/generation.h"
#include "store/report.h"
#include "store/sqlite/gate.h"
#include "store/timeline.h"

namespace vestnik::store::sqlite {

// None: there is no such generation (any more).
std::optional<Role> role_of(Connection& connection, std::int64_t generation);
std::int64_t serving_generation(Connection& connection);

// None: it has none.
std::optional<int> number_of(Connection& connection, NameKind kind, const std::string& text);
// range_of(kind).end: there are no more.
int next_number(Connection& connection, NameKind kind);

Groups groups_in(Connection& connection);
std::optional<AcceptedFact> event_of(Connection& connection, std::int64_t generation,
                                     const std::string& event_id);

template <class Function>
void for_each_counter(Connection& connection, std::int64_t generation, const SlotRange& range,
                      Function function) {
  Statement select = connection.prepare(
      "SELECT slot, grp, bucket, n FROM readside_counters "
      "WHERE generation = ?1 AND kind = ?2 AND slot >= ?3 AND slot < ?4");
  for (select.bind(1, generation).bind(2, range.kind).bind(3, range.from).bind(4, range.to); select.step();)
    function(Counter{range.kind, select.integer(0), static_cast<int>(select.integer(1)),
                     static_cast<int>(select.integer(2))},
             select.integer(3));
}

NotificationPage search_in(Connection& connection, NotificationFilter filter, const std::string& cursor,
                           std::size_t limit);

// A bounded step each, on the writer thread. True: there may be more.
// Moves what an older version kept in its tables into the generations that facts go into.
bool carry_over(Connection& connection, Names& names, Timestamp now);
// Deletes of the generations that were replaced.
bool shed(Connection& connection);

}  // namespace vestnik::store::sqlite
