#include "store/postgres/inventory.h"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "store/packed.h"
#include "store/postgres/schema.h"
#include "store/timeline_row.h"

namespace vestnik::store::postgres {
namespace {

constexpr std::int64_t page_rows = 5000;

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

template <class Take>
void guarded(const Take& take, const Rows& rows, int row) {
  try {
    take(rows, row);
  } catch (const DamagedValue& damage) {
    throw std::runtime_error(fmt::format(
        "the store holds a row that can't be read ({}): restore it from a backup", damage.what()));
  }
}

}  // namespace

PostgresInventory::PostgresInventory(const Options& options)
    : page_timeout_(options.operation_timeout), connection_(options.url, options.operation_timeout) {
  try {
    const SteadyTime deadline = in(options.start_timeout);
    connection_.connect(deadline, [deadline] { return deadline; });
  } catch (const Fault& fault) {
    throw std::runtime_error(
        fmt::format("PostgreSQL can't be used: {}. Check DATABASE_URL, that the server runs, and that it "
                    "lets this role in",
                    fault.message));
  }
  ask("SELECT set_config('default_transaction_read_only', 'on', false)", {});
  check_version();
  check_carried_over();
}

Rows PostgresInventory::ask(std::string_view sql, Parameters parameters) {
  const Statement statement{sql, std::move(parameters)};
  try {
    return connection_.run({&statement, 1}, in(page_timeout_)).front();
  } catch (const Fault& fault) {
    throw std::runtime_error(
        fmt::format("the store can't be read: {}. The role needs the right to read all tables, and the "
                    "server must stay up",
                    fault.message));
  }
}

void PostgresInventory::check_version() {
  if (ask("SELECT to_regclass('vestnik_schema') IS NOT NULL", {}).integer(0, 0) == 0)
    throw std::runtime_error(
        "the database holds no tables of Vestnik: check DATABASE_URL (the schema that the role sees, too)");
  const std::int64_t version =
      ask("SELECT coalesce(max(version), 0)::bigint FROM vestnik_schema", {}).integer(0, 0);
  if (version > newest_version())
    throw std::runtime_error(fmt::format(
        "the database's schema is of version {}, and this vestnik knows versions up to {}: use the "
        "newer vestnik that made it",
        version, newest_version()));
}

void PostgresInventory::check_carried_over() {
  if (ask("SELECT to_regclass('readside_rows') IS NOT NULL", {}).integer(0, 0) == 0)
    throw std::runtime_error(
        "the database's schema is of an older version of Vestnik: start this one with it, which brings it up "
        "to date");
  if (ask("SELECT EXISTS (SELECT 1 FROM timeline) OR EXISTS (SELECT 1 FROM timeline_events)", {})
          .integer(0, 0) != 0)
    throw std::runtime_error(
        "timelines of an older version of Vestnik are still being carried over, which takes a few minutes "
        "after an upgrade while analytics-service runs: try again then");
}

void PostgresInventory::by_number(std::string_view sql, const std::function<void(const Rows&, int)>& take) {
  std::int64_t last = 0;
  for (int got = page_rows; got == page_rows;) {
    const Rows rows = ask(sql, std::move(Parameters().integer(last).integer(page_rows)));
    got = rows.size();
    for (int i = 0; i < got; ++i) guarded(take, rows, i);
    if (got > 0) last = rows.integer(got - 1, 0);
  }
}

void PostgresInventory::by_id(std::string_view sql, const std::function<void(const Rows&, int)>& take) {
  std::string last;
  for (int got = page_rows; got == page_rows;) {
    const Rows rows = ask(sql, std::move(Parameters().bytes(last).integer(page_rows)));
    got = rows.size();
    for (int i = 0; i < got; ++i) guarded(take, rows, i);
    if (got > 0) last = rows.bytes(got - 1, 0);
  }
}

void PostgresInventory::deliveries(const std::function<void(const LedgerItem&)>& take) {
  by_number(
      "SELECT seq, id, meta, partition, state, attempt, updated_at FROM ledger WHERE seq > $1 ORDER BY seq "
      "LIMIT $2",
      [&](const Rows& rows, int i) {
        Notification n = unpack_notification(rows.bytes(i, 1), rows.bytes(i, 2), {});
        take({.id = std::move(n.id),
              .event_id = std::move(n.event_id),
              .channel = n.channel,
              .partition = static_cast<std::int32_t>(rows.integer(i, 3)),
              .state = delivery_state_of(rows.integer(i, 4)),
              .attempt = static_cast<int>(rows.integer(i, 5)),
              .updated_at = from_unix_us(rows.integer(i, 6))});
      });
}

void PostgresInventory::outbox(const std::function<void(const Step&)>& take) {
  by_number("SELECT seq, step FROM outbox WHERE seq > $1 ORDER BY seq LIMIT $2",
            [&](const Rows& rows, int i) { take(unpack_step(rows.bytes(i, 1))); });
}

void PostgresInventory::timeline(const std::function<void(const TimelineItem&)>& take) {
  by_id(
      "SELECT r.id, r.event_id, r.state, r.facts FROM readside_rows r WHERE r.generation = "
      "(SELECT generation FROM readside_generations WHERE role = 0) AND r.id > $1 ORDER BY r.id LIMIT $2",
      [&](const Rows& rows, int i) {
        take({.id = {unpack_id(rows.bytes(i, 0))},
              .event_id = {unpack_id(rows.bytes(i, 1))},
              .channel = unpack_facts(rows.bytes(i, 0), rows.bytes(i, 3)).channel,
              .state = state_name(static_cast<int>(rows.integer(i, 2)))});
      });
}

void PostgresInventory::events(const std::function<void(const EventId&)>& take) {
  by_id(
      "SELECT event_id FROM readside_events WHERE generation = "
      "(SELECT generation FROM readside_generations WHERE role = 0) AND event_id > $1 ORDER BY event_id "
      "LIMIT $2",
      [&](const Rows& rows, int i) { take({unpack_id(rows.bytes(i, 0))}); });
}

}  // namespace vestnik::store::postgres
