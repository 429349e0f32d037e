#include "store/postgres/store.h"

#include "store/contract_test.h"
#include "store/postgres/inventory.h"
#include "store/postgres/peer.h"

namespace vestnik::store {
namespace {

class PostgresUnderTest final : public StoreUnderTest {
 public:
  PostgresUnderTest() : url_(postgres::fresh_schema(postgres::shared_server_url())) { reopen(); }

  Store& store() override { return *store_; }
  std::unique_ptr<Inventory> inventory() override {
    return std::make_unique<postgres::PostgresInventory>(
        postgres::Options{.url = url_, .operation_timeout = std::chrono::seconds(10)});
  }
  ManualClock& clock() override { return clock_; }
  std::int64_t rows_of(const std::string& table) override {
    return std::stoll(postgres::Session(url_).run("SELECT count(*) FROM " + table));
  }
  void reopen() override {
    store_.reset();
    // Ten seconds instead of two: a machine that builds at the same time must not fail the contract.
    store_ = std::make_unique<postgres::PostgresStore>(
        postgres::Options{.url = url_, .operation_timeout = std::chrono::seconds(10)}, clock_);
  }

 private:
  ManualClock clock_;
  std::string url_;
  std::unique_ptr<postgres::PostgresStore> store_;
};

StoreFactory factory() {
  return [] { return std::make_unique<PostgresUnderTest>(); };
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(factory()),
                         [](const auto&) { return std::string("Server"); });

}  // namespace
}  // namespace vestnik::store
