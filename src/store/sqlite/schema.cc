#include "store/sqlite/schema.h"

#include <array>

namespace vestnik::store::sqlite {
namespace {

// Ids are pack_id(): 17 bytes for a UUID. Notification ids begin with a time or are random
// (docs/adr/0014), so rows stand in the order of their arrival (rowid) and only a narrow index goes by the
// id: a batch touches the file's hot end and, for a random id, one small page. The numbers of channels,
// states and kinds are those of store/codes.h; times are Unix microseconds.
constexpr std::array steps{
    R"sql(
CREATE TABLE users (
  seq INTEGER PRIMARY KEY,
  identity BLOB NOT NULL UNIQUE,
  id BLOB NOT NULL,
  email BLOB NOT NULL,
  phone BLOB NOT NULL,
  name BLOB NOT NULL,
  registered_at INTEGER NOT NULL,
  event_durable INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX users_id ON users (id);

CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  channel INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  attempt INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  provider BLOB NOT NULL DEFAULT x'',
  progress BLOB NOT NULL DEFAULT x'',
  answer BLOB NOT NULL DEFAULT x'',
  meta BLOB NOT NULL
);
CREATE INDEX ledger_due ON ledger (channel, partition, due_at) WHERE state = 0;
CREATE INDEX ledger_sending ON ledger (channel, partition) WHERE state = 1;
-- Apart from its row, so that a change of state does not write it again; gone once it is not needed.
CREATE TABLE ledger_content (seq INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE ledger_owners (
  channel INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  PRIMARY KEY (channel, partition)
) WITHOUT ROWID;
-- delivery IS NULL: a receipt that came before its submit was recorded. status: 0 none yet, 1 delivered, 2 failed.
CREATE TABLE ledger_messages (
  provider BLOB NOT NULL,
  message_id BLOB NOT NULL,
  delivery INTEGER,
  status INTEGER NOT NULL,
  answer BLOB NOT NULL DEFAULT x'',
  at INTEGER NOT NULL DEFAULT 0,
  kept_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (provider, message_id)
) WITHOUT ROWID;
CREATE INDEX ledger_messages_delivery ON ledger_messages (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX ledger_messages_early ON ledger_messages (kept_at) WHERE delivery IS NULL;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,
  step_id BLOB NOT NULL UNIQUE,
  channel INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  step BLOB NOT NULL
);

CREATE TABLE timeline (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  user_id BLOB NOT NULL,
  first_at INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  state INTEGER NOT NULL,
  facts BLOB NOT NULL
);
CREATE INDEX timeline_user ON timeline (user_id, first_at, id);
CREATE INDEX timeline_first ON timeline (first_at, id);
CREATE TABLE timeline_events (
  event_id BLOB PRIMARY KEY,
  event_type BLOB NOT NULL,
  accepted_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE timeline_counters (
  kind INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (kind, slot, channel, bucket)
) WITHOUT ROWID;

CREATE TABLE sandbox (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  channel INTEGER NOT NULL,
  recipient BLOB NOT NULL,
  subject BLOB NOT NULL,
  text BLOB NOT NULL,
  html BLOB NOT NULL,
  raw BLOB NOT NULL,
  kept_at INTEGER NOT NULL
);
CREATE INDEX sandbox_kept ON sandbox (kept_at);
)sql",
    R"sql(
ALTER TABLE ledger ADD COLUMN retried_after INTEGER;
-- The states of is_listed_by_state (store/delivery_filter.h).
CREATE INDEX ledger_listed ON ledger (state, seq) WHERE state IN (4, 5, 6, 7, 8, 9);
-- stored: store/limit_window.h. until: from then on the row may go.
CREATE TABLE ledger_limits (
  key BLOB PRIMARY KEY,
  stored BLOB NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX ledger_limits_until ON ledger_limits (until);
)sql",
    "DROP INDEX users_id;",
    // What is short stands in its row rather than in ledger_content: a tree less to write in and to delete
    // from.
    "ALTER TABLE ledger ADD COLUMN content BLOB;",
    // The read side, in generations (a rebuild makes a second one beside the first). timeline and
    // timeline_events, in which it was before, are carried over row by row (timeline_shed.cc) and are empty
    // from then on; what was counted is counted anew.
    R"sql(
-- role: 0 serves, 1 is being rebuilt, 2 was replaced. whole: it lacks nothing that only the log knows.
CREATE TABLE readside_generations (
  generation INTEGER PRIMARY KEY,
  role INTEGER NOT NULL,
  whole INTEGER NOT NULL
);
INSERT INTO readside_generations SELECT 0, 0,
  NOT EXISTS (SELECT 1 FROM timeline) AND NOT EXISTS (SELECT 1 FROM timeline_events);
DROP TABLE timeline_counters;
-- kind, number: store/names.h. grp and error are such numbers.
CREATE TABLE readside_names (
  kind INTEGER NOT NULL,
  text BLOB NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (kind, text)
) WITHOUT ROWID;
CREATE UNIQUE INDEX readside_names_number ON readside_names (kind, number);
CREATE TABLE readside_rows (
  seq INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL,
  id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  first_at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  grp INTEGER NOT NULL,
  error INTEGER NOT NULL,
  facts BLOB NOT NULL
);
CREATE UNIQUE INDEX readside_rows_id ON readside_rows (generation, id);
CREATE INDEX readside_rows_user ON readside_rows (generation, user_id, first_at, id);
CREATE INDEX readside_rows_first ON readside_rows (generation, first_at, id);
-- The states of is_listed_state (store/search.h).
CREATE INDEX readside_rows_state ON readside_rows (generation, state, first_at, id) WHERE state NOT IN (4, 5);
CREATE INDEX readside_rows_error ON readside_rows (generation, error, first_at, id) WHERE error <> 0;
CREATE TABLE readside_events (
  generation INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  event_type BLOB NOT NULL,
  accepted_at INTEGER NOT NULL,
  user_id BLOB NOT NULL,
  PRIMARY KEY (generation, event_id)
) WITHOUT ROWID;
-- Who has this recipient's notifications. Digests are random, so they stand in blocks of 32,768 rows of
-- readside_rows (seq >> 15): what is written goes to the last block's few pages, not to all of the file.
CREATE TABLE readside_recipients (
  generation INTEGER NOT NULL,
  block INTEGER NOT NULL,
  digest INTEGER NOT NULL,
  user_id BLOB NOT NULL,
  PRIMARY KEY (generation, block, digest, user_id)
) WITHOUT ROWID;
-- kind, slot, bucket: store/counters.h.
CREATE TABLE readside_counters (
  generation INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  grp INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (generation, kind, slot, grp, bucket)
) WITHOUT ROWID;
)sql",
    // Where the log in this file has the content (log_in_file.h): then the row holds none.
    "ALTER TABLE ledger ADD COLUMN place INTEGER;",
    // A message that is all of its delivery, as most are, is found by its own key. How many parts there were
    // before is not known: several, then.
    R"sql(
ALTER TABLE ledger_messages ADD COLUMN parts INTEGER NOT NULL DEFAULT 2;
DROP INDEX ledger_messages_delivery;
CREATE INDEX ledger_messages_delivery ON ledger_messages (delivery) WHERE delivery IS NOT NULL AND parts > 1;
)sql",
    // As before, without IN: for a list SQLite makes a table in memory, at each row that is written.
    R"sql(
DROP INDEX ledger_listed;
CREATE INDEX ledger_listed ON ledger (state, seq) WHERE state >= 4;
DROP INDEX readside_rows_state;
CREATE INDEX readside_rows_state ON readside_rows (generation, state, first_at, id) WHERE state <> 4 AND state <> 5;
)sql",
};

}  // namespace

std::span<const char* const> migrations() { return steps; }

}  // namespace vestnik::store::sqlite
