// Disk full, failed fsync, damage met while running.
#include <array>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "sqlite/database.h"
#include "sqlite/faulty_vfs.h"
#include "sqlite/test_support.h"

namespace vestnik::sqlite {
namespace {

using test::number;
using test::write;
using testing::HasSubstr;

class FaultsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write(*database, "CREATE TABLE t(a)")); }

  test::TemporaryDirectory directory;
  test::FaultyVfs vfs;
  std::unique_ptr<Database> database = Database::open({.directory = directory.path()});
};

TEST_F(FaultsTest, DiskFullIsUnavailableAndWritesNothing) {
  vfs.disk_full = true;
  const auto result = write(*database, "INSERT INTO t VALUES (1)");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::unavailable);
  const Health health = database->health();
  EXPECT_FALSE(health.well);
  EXPECT_THAT(health.detail, HasSubstr("full"));
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 0);

  vfs.disk_full = false;
  ASSERT_TRUE(write(*database, "INSERT INTO t VALUES (2)"));
  EXPECT_TRUE(database->health().well);
  EXPECT_EQ(number(*database, "SELECT sum(a) FROM t"), 2);
}

TEST_F(FaultsTest, DiskFullHealsWithoutAWrite) {
  vfs.disk_full = true;
  ASSERT_FALSE(write(*database, "INSERT INTO t VALUES (1)"));
  ASSERT_FALSE(database->health().well);
  vfs.disk_full = false;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!database->health().well && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(database->health().well);
}

// Writes a row and then, most likely in the same transaction, more than there is room for. The kinds of the
// two answers.
std::array<std::optional<ErrorKind>, 2> write_until_full(Database& database, test::FaultyVfs& vfs) {
  struct Answers {
    std::array<std::optional<ErrorKind>, 2> kinds;
    std::promise<void> both;
  };
  const auto answers = std::make_shared<Answers>();
  const auto kind = [](const Result<void, Error>& r) {
    return r ? std::nullopt : std::optional(r.error().kind);
  };
  std::promise<void> gate;
  database.write([opened = gate.get_future()](Connection&) { opened.wait(); }, {});
  database.write([](Connection& c) { c.execute("INSERT INTO t VALUES (1)"); },
                 [answers, kind](Result<void, Error> r) { answers->kinds[0] = kind(r); });
  // More than the page cache holds, so it spills into the WAL and meets the full disk before COMMIT.
  database.write(
      [&](Connection& c) {
        vfs.disk_full = true;
        for (int i = 0; i < 4000; ++i) c.execute("INSERT INTO t VALUES (zeroblob(4000))");
      },
      [answers, kind](Result<void, Error> r) {
        answers->kinds[1] = kind(r);
        answers->both.set_value();
      });
  gate.set_value();
  EXPECT_EQ(answers->both.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  vfs.disk_full = false;
  return answers->kinds;
}

TEST_F(FaultsTest, DiskFullInTheMiddleOfATransactionLosesAllOfItAndSaysSo) {
  // A transaction ends after 20 ms, so on a busy machine the first row may be written before the second
  // comes.
  std::int64_t written = 0;
  bool together = false;
  for (int attempt = 0; attempt < 50 && !together; ++attempt) {
    const auto [first, second] = write_until_full(*database, vfs);
    EXPECT_EQ(second, ErrorKind::unavailable);
    together = first.has_value();
    EXPECT_EQ(first.value_or(ErrorKind::unavailable), ErrorKind::unavailable);
    if (!together) ++written;
    ASSERT_TRUE(write(*database, "INSERT INTO t VALUES (3)"));
    written += 3;
    EXPECT_EQ(number(*database, "SELECT sum(a) FROM t"), written);
  }
  EXPECT_TRUE(together);
}

TEST_F(FaultsTest, AFailedSyncIsFatalForEver) {
  vfs.sync_fails = true;
  auto result = write(*database, "INSERT INTO t VALUES (1)");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::fatal);
  vfs.sync_fails = false;
  const int syncs = vfs.syncs;
  result = write(*database, "INSERT INTO t VALUES (2)");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::fatal) << "the next fsync's success means nothing";
  EXPECT_FALSE(database->health().well);
  EXPECT_THAT(database->health().detail, HasSubstr("restart"));
  database.reset();
  EXPECT_EQ(vfs.syncs, syncs) << "nothing is moved into the file at the end either";
}

TEST_F(FaultsTest, DamageThatAReaderMeetsStopsTheWriter) {
  ASSERT_TRUE(write(*database,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
                    " INSERT INTO t SELECT hex(randomblob(100)) FROM n"));
  database.reset();
  {
    std::fstream file(directory.path() / "vestnik.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0, std::ios::end);
    ASSERT_GT(file.tellp(), 8 << 20) << "too big for the check at open";
    file.seekp(1000 * 4096);
    file << std::string(4096, '\xaa');
  }
  database = Database::open({.directory = directory.path()});
  ASSERT_EQ(number(*database, "SELECT count(*) FROM t WHERE length(a) = 1"), -1);
  EXPECT_FALSE(database->health().well);
  const auto result = write(*database, "INSERT INTO t VALUES (1)");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::fatal);
}

}  // namespace
}  // namespace vestnik::sqlite
