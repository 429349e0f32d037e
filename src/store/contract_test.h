// The store seam's contract: every implementation instantiates this suite with a factory of its own.
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreFactory(make_sqlite_store)));
//
// The cases stand in contract_inventory.h, contract_users.h, contract_ledger.h, contract_limits.h,
// contract_people.h, contract_receipts.h, contract_timeline.h, contract_search.h, contract_report.h and
// contract_rebuild.h.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/codes.h"
#include "store/inventory.h"
#include "store/packed.h"
#include "store/test_support.h"
#include "store/timeline_row.h"

namespace vestnik::store {

// What the version before the read side had generations kept of it.
struct OldReadSide {
  std::vector<TimelineRow> rows;
  std::vector<AcceptedFact> events;
};
inline std::string facts_of_version_1(const TimelineRow& row) {
  Packer out;
  out.integer(1);
  out.text(row.user_id);
  out.text(row.event_id);
  out.integer(code(row.channel));
  out.integer(row.plan ? 1 : 0);
  if (row.plan) {
    out.text(row.plan->event_type);
    out.text(row.plan->template_version);
    out.time(row.plan->accepted_at);
    out.time(row.plan->planned_at);
  }
  out.integer(static_cast<std::int64_t>(row.steps.size()));
  for (const StepFact& step : row.steps) {
    out.integer(step.attempt);
    out.integer(code(step.kind));
    out.time(step.at);
    out.text(step.provider);
    out.text(step.answer);
    out.integer(step.sandbox ? 1 : 0);
    out.time(step.due_at);
  }
  return out.take();
}

// One fresh store that can be closed and opened again on the same data.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
  // The same with nothing in it but what an older version left.
  virtual void reopen_with(const OldReadSide& old) = 0;
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
  void reopen_with(const OldReadSide& old) { under_test_->reopen_with(old); }
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
#include "store/contract_rebuild.h"
#include "store/contract_receipts.h"
#include "store/contract_report.h"
#include "store/contract_search.h"
#include "store/contract_timeline.h"
#include "store/contract_users.h"
// IWYU pragma: end_exports
