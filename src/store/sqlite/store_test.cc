#include "store/sqlite/store.h"

#include <filesystem>
#include <map>

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

// A log in the same file that has what a test says.
class LedgerBesideItsLog : public testing::Test {
 protected:
  LedgerBesideItsLog() { open(true); }

  void open(bool joins) {
    store_.reset();
    sqlite::LogInFile log{
        .place_of = [](std::int32_t partition, std::int64_t offset) { return partition * 1000 + offset; },
        .record_at =
            [this](vestnik::sqlite::Connection&, std::int64_t place) {
              const auto record = records_.find(place);
              if (record == records_.end()) throw std::runtime_error("nothing is there");
              return record->second;
            }};
    if (!joins) log.place_of = nullptr;
    store_ = std::make_unique<sqlite::SqliteStore>(*database_, clock_,
                                                   std::make_shared<const sqlite::LogInFile>(std::move(log)));
  }
  Ledger& ledger() { return store_->ledger(); }
  void begin(const Notification& n, std::int64_t offset) {
    records_[offset] = encode(n);
    NewAttempt attempt = new_attempt(n);
    attempt.offset = offset;
    ASSERT_EQ(begun_new(ledger(), {attempt}), std::vector{true});
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  std::unique_ptr<vestnik::sqlite::Database> database_ =
      vestnik::sqlite::Database::open({.directory = directory_.path()});
  std::map<std::int64_t, Record> records_;
  std::unique_ptr<sqlite::SqliteStore> store_;
};

TEST_F(LedgerBesideItsLog, ReadsFromItWhatItDidNotCopy) {
  const Notification n = a_notification(1);
  begin(n, 7);
  EXPECT_EQ(sqlite::rows_in(*database_, "ledger_content"), 0);
  EXPECT_EQ(found(ledger(), n.id)->notification, n);
  EXPECT_EQ(claimed(ledger(), {owner_now}).at(0).notification, n);
  Transition again = transition(n, 1, DeliveryState::pending, StepKind::deferred);
  again.step.due_at = after(20);
  ASSERT_EQ(recorded(ledger(), {again}).applied, std::vector{true});
  EXPECT_EQ(due(ledger(), {0}, after(30)).at(0).notification, n);
  ASSERT_EQ(begun(ledger(), {start(n, 2)}), std::vector{true});
  ASSERT_EQ(recorded(ledger(), {sent(n, 2)}).applied, std::vector{true});
  EXPECT_EQ(found(ledger(), n.id)->notification.html, "");
}

TEST_F(LedgerBesideItsLog, ReadsWhatIsThereWhenTheLogInUseIsAnother) {
  const Notification n = a_notification(1), later = a_notification(2);
  begin(n, 7);
  open(false);
  EXPECT_EQ(found(ledger(), n.id)->notification, n);
  begin(later, 8);
  records_.erase(8);
  EXPECT_EQ(found(ledger(), later.id)->notification, later) << "it has a copy";
}

// As the migration leaves it: how many parts it had is not known.
TEST_F(LedgerBesideItsLog, AReceiptFindsWhatWasSubmittedBeforePartsWereCounted) {
  const Notification n = submitted(ledger(), 1, {"m1"});
  sqlite::written(*database_, [](vestnik::sqlite::Connection& connection) {
    connection.execute(
        "UPDATE ledger_messages SET parts = (SELECT dflt_value FROM pragma_table_info('ledger_messages') "
        "WHERE name = 'parts')");
  });
  EXPECT_EQ(received(ledger(), {receipt("m1")}).size(), 1U);
  EXPECT_EQ(found(ledger(), n.id)->state, DeliveryState::delivered);
}

TEST_F(LedgerBesideItsLog, NeverTakesAnotherRecordForIt) {
  const Notification n = a_notification(1);
  begin(n, 7);
  records_[7] = encode(a_notification(2));
  const auto answer =
      outcome<std::optional<Delivery>>([&](auto done) { ledger().find(n.id, std::move(done)); });
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, testing::HasSubstr("the log has something else"));
}

}  // namespace
}  // namespace vestnik::store
