// What the tests of the embedded store and those that borrow it share.
#pragma once

#include <fmt/format.h>
#include <future>
#include <string>

#include "sqlite/database.h"
#include "store/contract_test.h"
#include "store/sqlite/schema.h"

namespace vestnik::store::sqlite {

// Runs `work` in a write of its own and waits for it.
inline void written(vestnik::sqlite::Database& database, vestnik::sqlite::Database::Work work) {
  std::promise<bool> done;
  database.write(std::move(work), [&](auto result) { done.set_value(result.has_value()); });
  if (!done.get_future().get()) throw std::runtime_error("the embedded file did not take a test's write");
}

inline std::int64_t rows_in(vestnik::sqlite::Database& database, const std::string& table) {
  std::promise<std::int64_t> count;
  database.read(
      [&](vestnik::sqlite::Connection& connection) {
        auto select = connection.prepare("SELECT count(*) FROM " + table);
        select.step();
        count.set_value(select.integer(0));
      },
      [](auto) {});
  return count.get_future().get();
}

// Brings an empty file to the version before the read side had generations, with these timelines in it.
inline void make_before_generations(vestnik::sqlite::Database& database, const OldReadSide& old) {
  database.migrate("store", migrations().first(3));
  written(database, [&](vestnik::sqlite::Connection& connection) {
    auto row = connection.prepare(
        "INSERT INTO timeline (id, user_id, first_at, channel, state, facts) VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6)");
    for (const TimelineRow& r : old.rows) {
      const std::string facts = facts_of_version_1(r);
      row.bind_blob(1, r.id).bind_blob(2, r.user_id).bind(3, to_unix_us(first_at(r)));
      row.bind(4, code(r.channel)).bind(5, state_code(r)).bind_blob(6, facts).run();
    }
    auto event = connection.prepare(
        "INSERT INTO timeline_events (event_id, event_type, accepted_at) VALUES (?1, ?2, ?3)");
    for (const AcceptedFact& e : old.events)
      event.bind_blob(1, e.event_id).bind_blob(2, e.event_type).bind(3, to_unix_us(e.accepted_at)).run();
    connection.execute("INSERT INTO timeline_counters VALUES (0, 0, 0, 0, 7)");
  });
}

}  // namespace vestnik::store::sqlite
