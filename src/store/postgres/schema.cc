#include "store/postgres/schema.h"

#include <array>
#include <fmt/format.h>
#include <stdexcept>
#include <thread>

#include "store/postgres/connection.h"

namespace vestnik::store::postgres {
namespace {

// "vest" in ASCII; the second half of the advisory lock's number.
constexpr std::int64_t schema_lock = 0x76657374'00000001;
constexpr std::chrono::minutes migration_timeout{10};

// Append only: a step that was released never changes. Ids are pack_id(), texts are bytea: PostgreSQL's text
// can't hold NUL or invalid UTF-8, and bytes compare the same under every collation. The numbers of channels,
// states and kinds are those of store/codes.h; times are Unix microseconds. `op` is the token of the batch
// that changed a row last (lane.h).
constexpr std::array steps{
    R"sql(
CREATE TABLE users (
  identity bytea PRIMARY KEY,
  id bytea NOT NULL,
  email bytea NOT NULL,
  phone bytea NOT NULL,
  name bytea NOT NULL,
  registered_at bigint NOT NULL,
  event_durable boolean NOT NULL DEFAULT false
);
CREATE INDEX users_id ON users (id);

CREATE TABLE ledger (
  id bytea PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  channel smallint NOT NULL,
  partition integer NOT NULL,
  epoch bigint NOT NULL,
  state smallint NOT NULL DEFAULT 0,
  attempt integer NOT NULL DEFAULT 0,
  due_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  op bigint NOT NULL,
  provider bytea NOT NULL DEFAULT '',
  progress bytea NOT NULL DEFAULT '',
  answer bytea NOT NULL DEFAULT '',
  meta bytea NOT NULL,
  content bytea
);
CREATE INDEX ledger_due ON ledger (channel, partition, due_at, seq) WHERE state = 0;
CREATE INDEX ledger_sending ON ledger (channel, partition) WHERE state = 1;
CREATE TABLE ledger_owners (
  channel smallint NOT NULL,
  partition integer NOT NULL,
  epoch bigint NOT NULL,
  PRIMARY KEY (channel, partition)
);
-- delivery IS NULL: a receipt that came before its submit was recorded. status: 0 none yet, 1 delivered, 2 failed.
CREATE TABLE ledger_messages (
  provider bytea NOT NULL,
  message_id bytea NOT NULL,
  delivery bytea,
  status smallint NOT NULL,
  answer bytea NOT NULL DEFAULT '',
  at bigint NOT NULL DEFAULT 0,
  kept_at bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (provider, message_id)
);
CREATE INDEX ledger_messages_delivery ON ledger_messages (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX ledger_messages_early ON ledger_messages (kept_at) WHERE delivery IS NULL;

CREATE TABLE outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  step_id bytea NOT NULL UNIQUE,
  channel smallint NOT NULL,
  partition integer NOT NULL,
  op bigint NOT NULL,
  step bytea NOT NULL
);

CREATE TABLE timeline (
  id bytea PRIMARY KEY,
  user_id bytea NOT NULL,
  event_id bytea NOT NULL,
  first_at bigint NOT NULL,
  channel smallint NOT NULL,
  state smallint NOT NULL,
  facts bytea NOT NULL
);
CREATE INDEX timeline_user ON timeline (user_id, first_at, id);
CREATE INDEX timeline_first ON timeline (first_at, id);
CREATE TABLE timeline_events (
  event_id bytea PRIMARY KEY,
  event_type bytea NOT NULL,
  accepted_at bigint NOT NULL
);
CREATE TABLE timeline_counters (
  kind smallint NOT NULL,
  slot bigint NOT NULL,
  channel smallint NOT NULL,
  bucket integer NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (kind, slot, channel, bucket)
) WITH (fillfactor = 50);

CREATE TABLE sandbox (
  id bytea PRIMARY KEY,
  channel smallint NOT NULL,
  recipient bytea NOT NULL,
  subject bytea NOT NULL,
  text bytea NOT NULL,
  html bytea NOT NULL,
  raw bytea NOT NULL,
  kept_at bigint NOT NULL
);
CREATE INDEX sandbox_kept ON sandbox (kept_at, id);
)sql",
    R"sql(
ALTER TABLE ledger ADD COLUMN retried_after integer;
-- The states of is_listed_by_state (store/delivery_filter.h).
CREATE INDEX ledger_listed ON ledger (state, seq) WHERE state IN (4, 5, 6, 7, 8, 9);
CREATE INDEX ledger_seq ON ledger (seq);
-- stored: store/limit_window.h. until: from then on the row may go.
CREATE TABLE ledger_limits (
  key bytea PRIMARY KEY,
  stored bytea NOT NULL,
  until bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX ledger_limits_until ON ledger_limits (until);
)sql",
    R"sql(
DROP INDEX users_id;
ALTER TABLE users ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
-- Bit seq % 1024 of block seq / 1024: the user's registration event is known to be durable. users.event_durable says so
-- of those from before.
CREATE TABLE users_event_durable (block bigint PRIMARY KEY, users bit(1024) NOT NULL) WITH (fillfactor = 50);
)sql",
    // The read side, in generations (a rebuild makes a second one beside the first). timeline and
    // timeline_events, in which it was before, are carried over row by row (timeline.cc) and are empty from
    // then on; what was counted is counted anew.
    R"sql(
-- role: 0 serves, 1 is being rebuilt, 2 was replaced. whole: it lacks nothing that only the log knows.
CREATE TABLE readside_generations (
  generation bigint PRIMARY KEY,
  role smallint NOT NULL,
  whole boolean NOT NULL
);
INSERT INTO readside_generations SELECT 0, 0,
  NOT EXISTS (SELECT 1 FROM timeline) AND NOT EXISTS (SELECT 1 FROM timeline_events);
DROP TABLE timeline_counters;
-- kind, number: store/names.h. grp and error are such numbers.
CREATE TABLE readside_names (
  kind smallint NOT NULL,
  text bytea NOT NULL,
  number smallint NOT NULL,
  PRIMARY KEY (kind, text)
);
CREATE UNIQUE INDEX readside_names_number ON readside_names (kind, number);
-- listed: the state if it is one of is_listed_state (store/search.h); a column of its own, so that no index
-- knows of a change between the others.
CREATE TABLE readside_rows (
  generation bigint NOT NULL,
  id bytea NOT NULL,
  user_id bytea NOT NULL,
  event_id bytea NOT NULL,
  first_at bigint NOT NULL,
  state smallint NOT NULL,
  listed smallint,
  grp smallint NOT NULL,
  error smallint NOT NULL,
  facts bytea NOT NULL,
  PRIMARY KEY (generation, id)
);
CREATE INDEX readside_rows_user ON readside_rows (generation, user_id, first_at, id);
CREATE INDEX readside_rows_first ON readside_rows (generation, first_at, id);
CREATE INDEX readside_rows_listed ON readside_rows (generation, listed, first_at, id) WHERE listed IS NOT NULL;
CREATE INDEX readside_rows_error ON readside_rows (generation, error, first_at, id) WHERE error <> 0;
CREATE TABLE readside_events (
  generation bigint NOT NULL,
  event_id bytea NOT NULL,
  event_type bytea NOT NULL,
  accepted_at bigint NOT NULL,
  user_id bytea NOT NULL,
  PRIMARY KEY (generation, event_id)
);
-- Who has this recipient's notifications.
CREATE TABLE readside_recipients (
  generation bigint NOT NULL,
  digest bigint NOT NULL,
  user_id bytea NOT NULL,
  PRIMARY KEY (generation, digest, user_id)
);
-- kind, slot, bucket: store/counters.h.
CREATE TABLE readside_counters (
  generation bigint NOT NULL,
  kind smallint NOT NULL,
  slot bigint NOT NULL,
  grp smallint NOT NULL,
  bucket integer NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (generation, kind, slot, grp, bucket)
) WITH (fillfactor = 50);
)sql",
};

void bring_up_to_date(Connection& connection) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + migration_timeout;
  // Plain statements of one transaction; whoever comes second waits for the lock and finds nothing left to
  // do.
  connection.run_script(
      "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0", deadline);
  connection.run_script(fmt::format("SELECT pg_advisory_xact_lock({}); "
                                    "CREATE TABLE IF NOT EXISTS vestnik_schema (version bigint NOT NULL)",
                                    schema_lock),
                        deadline);
  const Statement ask{"SELECT coalesce(max(version), 0)::bigint FROM vestnik_schema", {}};
  const std::int64_t version = connection.run({&ask, 1}, deadline).front().integer(0, 0);
  if (version > static_cast<std::int64_t>(steps.size())) {
    connection.run_script("ROLLBACK", deadline);
    throw std::runtime_error(
        fmt::format("the database's schema is of version {}, and this vestnik knows versions up to {}: run "
                    "the newer vestnik that "
                    "made it, or restore the backup from before the upgrade",
                    version, steps.size()));
  }
  for (std::size_t i = static_cast<std::size_t>(version); i < steps.size(); ++i)
    connection.run_script(steps[i], deadline);
  connection.run_script(
      fmt::format("DELETE FROM vestnik_schema; INSERT INTO vestnik_schema VALUES ({}); COMMIT", steps.size()),
      deadline);
}

}  // namespace

std::int64_t newest_version() { return static_cast<std::int64_t>(steps.size()); }

void migrate(const Options& options) {
  Connection connection(options.url, options.operation_timeout);
  const SteadyTime deadline = std::chrono::steady_clock::now() + options.start_timeout;
  for (;;) {
    try {
      connection.connect(deadline, [deadline] { return deadline; });
      return bring_up_to_date(connection);
    } catch (const Fault& fault) {
      if (fault.kind == FaultKind::refused)
        throw std::runtime_error(
            fmt::format("the database's schema could not be prepared: {}. The role needs the right to create "
                        "tables in its schema",
                        fault.message));
      if (std::chrono::steady_clock::now() >= deadline)
        throw std::runtime_error(
            fmt::format("PostgreSQL can't be used: {}. Check DATABASE_URL, that the server runs, and that it "
                        "lets this role in",
                        fault.message));
    }
    std::this_thread::sleep_for(
        std::chrono::milliseconds(100));  // main is starting; nothing else can happen yet
  }
}

}  // namespace vestnik::store::postgres
