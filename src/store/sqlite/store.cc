#include "store/sqlite/store.h"

#include "store/sqlite/gate.h"
#include "store/sqlite/ledger.h"
#include "store/sqlite/sandbox.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/timeline.h"
#include "store/sqlite/users.h"

namespace vestnik::store::sqlite {

struct SqliteStore::Parts {
  Parts(Database& database, const Clock& clock, LogInFilePtr log)
      : gate(database),
        users(gate, log && log->joins()),
        ledger(gate, clock, std::move(log)),
        timeline(gate, clock) {}

  Gate gate;
  SqliteUsers users;
  SqliteLedger ledger;
  SqliteTimeline timeline;
  SqliteSandbox sandbox{gate};
};

SqliteStore::SqliteStore(Database& database, const Clock& clock, LogInFilePtr log) {
  database.migrate("store", migrations());
  parts_ = std::make_unique<Parts>(database, clock, std::move(log));
}

SqliteStore::~SqliteStore() {
  if (!parts_->gate.notes().empty()) parts_->gate.write_notes();
}

Users& SqliteStore::users() { return parts_->users; }
Ledger& SqliteStore::ledger() { return parts_->ledger; }
Timeline& SqliteStore::timeline() { return parts_->timeline; }
Sandbox& SqliteStore::sandbox() { return parts_->sandbox; }

Health SqliteStore::health() const {
  Health health = parts_->gate.database().health();
  health.part = "store";
  return health;
}

}  // namespace vestnik::store::sqlite
