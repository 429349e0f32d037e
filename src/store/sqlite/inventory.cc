#include "store/sqlite/inventory.h"

#include <fmt/format.h>
#include <optional>
#include <stdexcept>

#include "store/packed.h"
#include "store/sqlite/schema.h"
#include "store/timeline_row.h"

namespace vestnik::store::sqlite {
namespace {

using vestnik::sqlite::Connection;
using vestnik::sqlite::Statement;

// Read in one snapshot.
constexpr std::int64_t page_rows = 2000;

}  // namespace

SqliteInventory::SqliteInventory(vestnik::sqlite::ReadOnlyFile& file)
    : file_(file), has_tables_(file.has("store", migrations().size())) {}

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
        try {
          take(select);
        } catch (const DamagedValue& damage) {
          throw std::runtime_error(fmt::format(
              "the store holds a row that can't be read ({}): restore it from a backup", damage.what()));
        }
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

void SqliteInventory::timeline(const std::function<void(const TimelineItem&)>& take) {
  rows("SELECT seq, id, facts, state FROM timeline WHERE seq > ?1 ORDER BY seq LIMIT ?2",
       [&](const Statement& row) {
         const TimelineRow facts = unpack_facts(row.blob(1), row.blob(2));
         take({.id = {unpack_id(facts.id)},
               .event_id = {unpack_id(facts.event_id)},
               .channel = facts.channel,
               .state = state_name(static_cast<int>(row.integer(3)))});
       });
}

// Their table goes by the id, so pages do too.
void SqliteInventory::events(const std::function<void(const EventId&)>& take) {
  std::string last;
  std::int64_t got = has_tables_ ? page_rows : 0;
  while (got == page_rows) {
    file_.read([&](Connection& connection) {
      Statement select = connection.prepare(
          "SELECT event_id FROM timeline_events WHERE event_id > ?1 ORDER BY event_id LIMIT ?2");
      const std::string after = last;
      got = 0;
      for (select.bind_blob(1, after).bind(2, page_rows); select.step(); ++got) {
        last = select.blob(0);
        take({unpack_id(last)});
      }
    });
  }
}

}  // namespace vestnik::store::sqlite
