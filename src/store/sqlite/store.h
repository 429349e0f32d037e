// The store in the embedded file.
#pragma once

#include <memory>

#include "base/clock.h"
#include "sqlite/database.h"
#include "store/sqlite/log_in_file.h"
#include "store/store.h"

namespace vestnik::store::sqlite {

// Every write goes through the database's one writer, so a batch of operations shares one fsync with the
// log's appends.
class SqliteStore final : public Store {
 public:
  // Migrates the schema (throws as Database::migrate does). `database` and `clock` must outlive the store;
  // `clock` says how old a receipt without a submit is, when an attempt begins, and which counts of an older
  // version are still of interest. `log`: with one that joins, what is appended inside a transaction is part
  // of it (users.h).
  explicit SqliteStore(vestnik::sqlite::Database& database, const Clock& clock = system_clock(),
                       LogInFilePtr log = nullptr);
  // Asks for the last notes (told, event_is_durable) to be written and doesn't wait for it: the database
  // does, when it is closed.
  ~SqliteStore() override;

  Users& users() override;
  Ledger& ledger() override;
  Timeline& timeline() override;
  Sandbox& sandbox() override;
  Health health() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vestnik::store::sqlite
