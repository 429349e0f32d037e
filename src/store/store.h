// The store seam: users, ledger, timeline and sandbox, kept in the embedded file (store/sqlite) or in
// PostgreSQL (store/postgres). One contract suite (contract_test.h) runs against both.
#pragma once

#include "base/health.h"
#include "store/ledger.h"
#include "store/sandbox.h"
#include "store/timeline.h"
#include "store/users.h"

namespace vestnik::store {

class Store {
 public:
  virtual ~Store() = default;
  virtual Users& users() = 0;
  virtual Ledger& ledger() = 0;
  virtual Timeline& timeline() = 0;
  virtual Sandbox& sandbox() = 0;
  // For /readyz: cheap, answers from what is known already.
  virtual Health health() const = 0;
};

}  // namespace vestnik::store
