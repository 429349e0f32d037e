// The store seam's contract: every implementation instantiates this suite with a factory of its own.
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreFactory(make_sqlite_store)));
//
// The cases stand in contract_inventory.h, contract_users.h, contract_ledger.h, contract_limits.h,
// contract_people.h, contract_receipts.h and contract_timeline.h.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "store/inventory.h"
#include "store/test_support.h"

namespace vestnik::store {

// One fresh store that can be closed and opened again on the same data.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
  virtual std::unique_ptr<Inventory> inventory() = 0;          // of the same data
  virtual ManualClock& clock() = 0;                            // the one the store was given
  virtual std::int64_t rows_of(const std::string& table) = 0;  // counted behind the store's back
};
using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;

class StoreContract : public testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override { under_test_ = GetParam()(); }

  Users& users() { return under_test_->store().users(); }
  Ledger& ledger() { return under_test_->store().ledger(); }
  Timeline& timeline() { return under_test_->store().timeline(); }
  Sandbox& sandbox() { return under_test_->store().sandbox(); }
  Store& store() { return under_test_->store(); }
  std::unique_ptr<Inventory> inventory() { return under_test_->inventory(); }
  ManualClock& clock() { return under_test_->clock(); }
  void reopen() { under_test_->reopen(); }
  std::int64_t rows_of(const std::string& table) { return under_test_->rows_of(table); }

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace vestnik::store

// IWYU pragma: begin_exports
#include "store/contract_inventory.h"
#include "store/contract_ledger.h"
#include "store/contract_limits.h"
#include "store/contract_people.h"
#include "store/contract_receipts.h"
#include "store/contract_timeline.h"
#include "store/contract_users.h"
// IWYU pragma: end_exports
