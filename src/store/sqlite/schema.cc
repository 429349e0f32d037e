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
};

}  // namespace

std::span<const char* const> migrations() { return steps; }

}  // namespace vestnik::store::sqlite
