#include "store/sqlite/store.h"

#include <filesystem>

#include "base/temporary_directory.h"
#include "store/contract_test.h"
#include "store/sqlite/inventory.h"
#include "store/sqlite/test_support.h"

namespace vestnik::store {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() { open(); }

  Store& store() override { return *store_; }
  std::unique_ptr<Inventory> inventory() override {
    looked_at_.push_back(std::make_unique<vestnik::sqlite::ReadOnlyFile>(directory_.path()));
    return std::make_unique<sqlite::SqliteInventory>(*looked_at_.back());
  }
  ManualClock& clock() override { return clock_; }
  std::int64_t rows_of(const std::string& table) override { return sqlite::rows_in(*database_, table); }
  void reopen_with(const OldReadSide& old) override {
    close();
    for (const char* name : {"vestnik.db", "vestnik.db-wal", "vestnik.db-shm"})
      std::filesystem::remove(directory_.path() / name);
    sqlite::make_before_generations(*vestnik::sqlite::Database::open({.directory = directory_.path()}), old);
    open();
  }
  void reopen() override {
    close();
    open();
  }

 private:
  void open() {
    database_ = vestnik::sqlite::Database::open({.directory = directory_.path()});
    store_ = std::make_unique<sqlite::SqliteStore>(*database_, clock_);
  }
  void close() {
    store_.reset();
    database_.reset();
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  std::unique_ptr<vestnik::sqlite::Database> database_;
  std::unique_ptr<sqlite::SqliteStore> store_;
  std::vector<std::unique_ptr<vestnik::sqlite::ReadOnlyFile>> looked_at_;
};

StoreFactory factory() {
  return [] { return std::make_unique<SqliteUnderTest>(); };
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(factory()),
                         [](const auto&) { return std::string("Embedded"); });

}  // namespace
}  // namespace vestnik::store
