#include "store/postgres/store.h"

#include "store/postgres/ledger.h"
#include "store/postgres/pool.h"
#include "store/postgres/sandbox.h"
#include "store/postgres/schema.h"
#include "store/postgres/timeline.h"
#include "store/postgres/users.h"

namespace vestnik::store::postgres {

struct PostgresStore::Parts {
  Parts(Options options, const Clock& clock)
      : pool(std::move(options)), ledger(pool, clock), timeline(pool, clock) {
    pool.start();
  }

  Pool pool;
  PostgresUsers users{pool};
  PostgresLedger ledger;
  PostgresTimeline timeline;
  PostgresSandbox sandbox{pool};
};

PostgresStore::PostgresStore(Options options, const Clock& clock) {
  migrate(options);
  parts_ = std::make_unique<Parts>(std::move(options), clock);
}

PostgresStore::~PostgresStore() = default;

Users& PostgresStore::users() { return parts_->users; }
Ledger& PostgresStore::ledger() { return parts_->ledger; }
Timeline& PostgresStore::timeline() { return parts_->timeline; }
Sandbox& PostgresStore::sandbox() { return parts_->sandbox; }
Health PostgresStore::health() const { return parts_->pool.health(); }

}  // namespace vestnik::store::postgres
