// The store in PostgreSQL 12 or later, shared by any number of processes.
#pragma once

#include <memory>

#include "base/clock.h"
#include "store/postgres/options.h"
#include "store/store.h"

namespace vestnik::store::postgres {

// While the server is away operations answer `unavailable` within options.operation_timeout, and the
// connections mend themselves.
class PostgresStore final : public Store {
 public:
  // Waits for the server and migrates the schema; throws std::runtime_error with what to do. `clock` must
  // outlive the store; it says how old a receipt without a submit is.
  explicit PostgresStore(Options options, const Clock& clock = system_clock());
  // Carries out what waits if the server answers; takes up to options.operation_timeout.
  ~PostgresStore() override;

  Users& users() override;
  Ledger& ledger() override;
  Timeline& timeline() override;
  Sandbox& sandbox() override;
  Health health() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vestnik::store::postgres
