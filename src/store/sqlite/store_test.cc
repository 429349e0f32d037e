#include "store/sqlite/store.h"

#include <cstdlib>
#include <filesystem>

#include "store/contract_test.h"

namespace vestnik::store {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() {
    std::string name = (std::filesystem::temp_directory_path() / "vestnik-store-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    open();
  }
  ~SqliteUnderTest() override {
    close();
    std::filesystem::remove_all(directory_);
  }

  Store& store() override { return *store_; }
  ManualClock& clock() override { return clock_; }
  void reopen() override {
    close();
    open();
  }

 private:
  void open() {
    database_ = vestnik::sqlite::Database::open({.directory = directory_});
    store_ = std::make_unique<sqlite::SqliteStore>(*database_, clock_);
  }
  void close() {
    store_.reset();
    database_.reset();
  }

  ManualClock clock_;
  std::filesystem::path directory_;
  std::unique_ptr<vestnik::sqlite::Database> database_;
  std::unique_ptr<sqlite::SqliteStore> store_;
};

StoreFactory factory() {
  return [] { return std::make_unique<SqliteUnderTest>(); };
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(factory()),
                         [](const auto&) { return std::string("Embedded"); });

}  // namespace
}  // namespace vestnik::store
