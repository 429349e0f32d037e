#include "store/sqlite/inventory.h"

#include <fmt/format.h>
#include <optional>
#include <stdexcept>

#include "store/packed.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/timeline_read.h"
#include "store/timeline_row.h"

namespace vestnik::store::sqlite {
namespace {

using vestnik::sqlite::Connection;
using vestnik::sqlite::Statement;

// Read in one snapshot.
constexpr std::int64_t page_rows = 2000;

void expect_carried_over(Connection& connection) {
  Statement tables = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'readside_rows'");
  if (!tables.step())
    throw std::runtime_error(
        "the data is of an older version of Vestnik: start this one with it, which brings it up to date");
  Statement left = connection.prepare(
      "SELECT 1 WHERE EXISTS (SELECT 1 FROM timeline) OR EXISTS (SELECT 1 FROM timeline_events)");
  if (left.step())
    throw std::runtime_error(
        "timelines of an older version of Vestnik are still being carried over, which takes a few minutes "
        "after an upgrade while analytics-service runs: try again then");
}

void guarded(const std::function<void(const Statement& row)>& take, const Statement& row) {
  try {
    take(row);
  } catch (const DamagedValue& damage) {
    throw std::runtime_error(fmt::format(
        "the store holds a row that can't be read ({}): restore it from a backup", damage.what()));
  }
}

}  // namespace

SqliteInventory::SqliteInventory(vestnik::sqlite::ReadOnlyFile& file)
    : file_(file), has_tables_(file.has("store", migrations().size())) {
  if (has_tables_) file_.read(expect_carried_over);
}

// `sql` gives rows above ?1 in the order of their number, which stands in the first column, at most ?2 of
// them. Rows get growing numbers as they come, so pages neither skip nor repeat any.
void SqliteInventory::rows(const char* sql, const std::function<void(const Statement& row)>& take) {
  std::int64_t last = 0, got = has_tables_ ? page_rows : 0;
  while (got == page_rows) {
    file_.read([&](Connection& connection) {
      Statement select = connection.prepare(sql);
      got = 0;
      for (select.bind(1, last).bind(2, page_rows); select.step(); ++got) {
        last = select.integer(0);
        guarded(take, select);
      }
    });
  }
}

void SqliteInventory::deliveries(const std::function<void(const LedgerItem&)>& take) {
  rows(
      "SELECT seq, id, meta, partition, state, attempt, updated_at FROM ledger WHERE seq > ?1 ORDER BY seq "
      "LIMIT ?2",
      [&](const Statement& row) {
        Notification n = unpack_notification(row.blob(1), row.blob(2), {});
        take({.id = std::move(n.id),
              .event_id = std::move(n.event_id),
              .channel = n.channel,
              .partition = static_cast<std::int32_t>(row.integer(3)),
              .state = delivery_state_of(row.integer(4)),
              .attempt = static_cast<int>(row.integer(5)),
              .updated_at = from_unix_us(row.integer(6))});
      });
}

void SqliteInventory::outbox(const std::function<void(const Step&)>& take) {
  rows("SELECT seq, step FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2",
       [&](const Statement& row) { take(unpack_step(row.blob(1))); });
}

// `sql` gives rows of generation ?1 whose id is above ?2 in the order of their ids, which stand in the first
// column, at most ?3 of them. A rebuild that ends meanwhile changes where they come from, not which they are.
void SqliteInventory::read_side(const char* sql, const std::function<void(const Statement& row)>& take) {
  std::string last;
  std::int64_t got = has_tables_ ? page_rows : 0;
  while (got == page_rows) {
    file_.read([&](Connection& connection) {
      const std::int64_t generation = serving_generation(connection);
      Statement select = connection.prepare(sql);
      const std::string after = last;
      got = 0;
      for (select.bind(1, generation).bind_blob(2, after).bind(3, page_rows); select.step(); ++got) {
        last = select.blob(0);
        guarded(take, select);
      }
    });
  }
}

void SqliteInventory::timeline(const std::function<void(const TimelineItem&)>& take) {
  read_side(
      "SELECT id, facts, state FROM readside_rows WHERE generation = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
      [&](const Statement& row) {
        const TimelineRow facts = unpack_facts(row.blob(0), row.blob(1));
        take({.id = {unpack_id(facts.id)},
              .event_id = {unpack_id(facts.event_id)},
              .channel = facts.channel,
              .state = state_name(static_cast<int>(row.integer(2)))});
      });
}

void SqliteInventory::events(const std::function<void(const EventId&)>& take) {
  read_side(
      "SELECT event_id FROM readside_events WHERE generation = ?1 AND event_id > ?2 ORDER BY event_id LIMIT "
      "?3",
      [&](const Statement& row) { take({unpack_id(row.blob(0))}); });
}

}  // namespace vestnik::store::sqlite
