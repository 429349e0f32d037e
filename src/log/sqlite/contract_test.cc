#include "log/contract_test.h"

#include "log/sqlite/sqlite_log.h"
#include "log/sqlite/sqlite_reader.h"
#include "sqlite/test_support.h"

namespace vestnik::log::test {
namespace {

class SqliteHarness final : public LogHarness {
 public:
  SqliteHarness() { reopen(); }
  ~SqliteHarness() override { close(); }

  Log& log() override { return *log_; }
  void close() override {
    log_.reset();
    database_.reset();
  }
  void reopen() override {
    close();
    database_ = vestnik::sqlite::Database::open({.directory = directory_.path()});
    log_ = std::make_unique<sqlite::SqliteLog>(*database_, system_clock());
    for (const auto& [name, partitions] : topics_) log_->create_topic(name, partitions);
  }
  std::string topic(const std::string& name, std::int32_t partitions) override {
    topics_[name] = partitions;
    log_->create_topic(name, partitions);
    return name;
  }
  std::unique_ptr<Reader> reader() override {
    looked_at_.push_back(std::make_unique<vestnik::sqlite::ReadOnlyFile>(directory_.path()));
    return std::make_unique<sqlite::SqliteReader>(*looked_at_.back());
  }
  std::string group(const std::string& name) override { return name; }

 private:
  vestnik::sqlite::test::TemporaryDirectory directory_;
  std::map<std::string, std::int32_t> topics_;
  std::unique_ptr<vestnik::sqlite::Database> database_;
  std::unique_ptr<sqlite::SqliteLog> log_;
  std::vector<std::unique_ptr<vestnik::sqlite::ReadOnlyFile>> looked_at_;
};

std::unique_ptr<LogHarness> make_harness() { return std::make_unique<SqliteHarness>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, LogContract, testing::Values(LogFactory{"sqlite", &make_harness}));

}  // namespace
}  // namespace vestnik::log::test
