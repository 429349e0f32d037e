#include "sqlite/database.h"

#include <atomic>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sqlite/test_support.h"

namespace vestnik::sqlite {
namespace {

using test::number;
using test::read;
using test::write;
using testing::AllOf;
using testing::HasSubstr;

class DatabaseTest : public testing::Test {
 protected:
  std::unique_ptr<Database> open() { return Database::open({.directory = directory.path() / "data"}); }
  std::string open_error() {
    try {
      open();
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  void put(const std::string& content) {
    std::filesystem::create_directories(directory.path() / "data");
    std::ofstream(directory.path() / "data" / "vestnik.db", std::ios::binary) << content;
  }

  test::TemporaryDirectory directory;
};

TEST_F(DatabaseTest, MakesThePrivateDirectoryAndKeepsWhatIsWritten) {
  {
    auto database = open();
    EXPECT_EQ(std::filesystem::status(directory.path() / "data").permissions(),
              std::filesystem::perms::owner_all);
    ASSERT_TRUE(write(*database, "CREATE TABLE t(a); INSERT INTO t VALUES (42)"));
    EXPECT_EQ(number(*database, "SELECT a FROM t"), 42) << "a read sees every write that was answered";
    EXPECT_TRUE(database->health().well);
  }
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "data" / "vestnik.db-wal"))
      << "an orderly end leaves one file";
  EXPECT_EQ(number(*open(), "SELECT a FROM t"), 42);
}

TEST_F(DatabaseTest, WritesAreFullyDurableInAWriteAheadLog) {
  auto database = open();
  std::string mode;
  std::int64_t synchronous = 0;
  ASSERT_TRUE(write(*database, [&](Connection& connection) {
    Statement journal = connection.prepare("PRAGMA journal_mode");
    journal.step();
    mode = journal.text(0);
    Statement sync = connection.prepare("PRAGMA synchronous");
    sync.step();
    synchronous = sync.integer(0);
  }));
  EXPECT_EQ(mode, "wal");
  EXPECT_EQ(synchronous, 2) << "FULL";
}

TEST_F(DatabaseTest, ReadersCanNotWrite) {
  auto database = open();
  ASSERT_TRUE(write(*database, "CREATE TABLE t(a)"));
  const auto result =
      read(*database, [](Connection& connection) { connection.execute("INSERT INTO t VALUES (1)"); });
  ASSERT_FALSE(result);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 0);
}

TEST_F(DatabaseTest, AFailedReadDoesNotSpoilTheNext) {
  auto database = open();
  EXPECT_FALSE(
      read(*database, [](Connection& connection) { connection.prepare("SELECT nothing FROM nowhere"); }));
  EXPECT_FALSE(read(*database, [](Connection&) { throw std::runtime_error("outside SQLite"); }));
  EXPECT_EQ(number(*database, "SELECT 7"), 7);
}

TEST_F(DatabaseTest, EndingAnswersWhatIsQueuedAndRefusesWhatComesLater) {
  auto database = open();
  ASSERT_TRUE(write(*database, "CREATE TABLE t(a)"));
  int written = 0;
  std::optional<ErrorKind> late_write, late_read;
  Database* const raw = database.get();
  std::promise<void> gate;
  raw->write([ready = gate.get_future()](Connection&) mutable { ready.wait(); }, {});
  for (int i = 0; i < 100; ++i)
    raw->write([](Connection& connection) { connection.execute("INSERT INTO t VALUES (1)"); },
               [&](Result<void, Error> result) { written += result.has_value(); });
  // Answered while the database is being destroyed: what it asks for then is refused, not lost.
  raw->write(
      [](Connection&) {},
      [&](Result<void, Error>) {
        raw->write([](Connection&) {}, [&](Result<void, Error> result) { late_write = result.error().kind; });
        raw->read([](Connection&) {}, [&](Result<void, Error> result) { late_read = result.error().kind; });
      });
  std::thread opener([&] {
    // Lets the destructor below get as far as waiting for the writer; whichever comes first, all must hold.
    while (true) {
      auto probe = std::make_shared<std::promise<bool>>();
      raw->read([](Connection&) {},
                [probe](Result<void, Error> result) { probe->set_value(result.has_value()); });
      if (!probe->get_future().get()) break;
    }
    gate.set_value();
  });
  database.reset();
  opener.join();
  EXPECT_EQ(written, 100);
  EXPECT_EQ(late_write, ErrorKind::closed);
  EXPECT_EQ(late_read, ErrorKind::closed);
  EXPECT_EQ(number(*open(), "SELECT count(*) FROM t"), 100);
}

TEST_F(DatabaseTest, RefusesWhenTheQueueIsFull) {
  auto database = Database::open({.directory = directory.path() / "data", .write_queue_max = 3});
  auto entered = std::make_shared<std::promise<void>>();
  std::promise<void> gate;
  database->write(
      [entered, opened = gate.get_future()](Connection&) {
        entered->set_value();
        opened.wait();
      },
      {});
  entered->get_future().wait();
  for (int i = 0; i < 3; ++i) database->write([](Connection&) {}, {});
  std::optional<ErrorKind> refused;
  database->write([](Connection&) {}, [&](Result<void, Error> result) { refused = result.error().kind; });
  EXPECT_EQ(refused, ErrorKind::overloaded) << "answered at once";
  gate.set_value();
}

TEST_F(DatabaseTest, ASecondOneIsToldWhoHoldsTheDirectory) {
  auto database = open();
  EXPECT_THAT(open_error(),
              AllOf(HasSubstr((directory.path() / "data").string()),
                    HasSubstr("pid " + std::to_string(::getpid())), HasSubstr("VESTNIK_DATA_DIR")));
  database.reset();
  EXPECT_EQ(open_error(), "") << "free again";
}

TEST_F(DatabaseTest, ASecondProcessIsKeptOut) {
  auto database = open();
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string error = open_error();
    ::_exit(error.find("pid " + std::to_string(::getppid())) != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(DatabaseTest, RefusesWhatIsNotADatabase) {
  put(std::string(8192, 'x'));
  EXPECT_THAT(open_error(), AllOf(HasSubstr("vestnik.db"), HasSubstr("not a database")));
}

TEST_F(DatabaseTest, RefusesAnotherProgramsFile) {
  {
    auto other = open();
    ASSERT_TRUE(write(*other, "PRAGMA application_id=1"));
  }
  EXPECT_THAT(open_error(), HasSubstr("another program"));
}

TEST_F(DatabaseTest, RefusesADamagedFile) {
  {
    auto database = open();
    ASSERT_TRUE(write(
        *database,
        "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        " INSERT INTO t SELECT hex(randomblob(50)) FROM n"));
  }
  std::fstream file(directory.path() / "data" / "vestnik.db",
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(10 * 4096);
  file << std::string(4096, '\xaa');
  file.close();
  EXPECT_THAT(open_error(), AllOf(HasSubstr("damaged"), HasSubstr("backup")));
}

TEST_F(DatabaseTest, SaysThatTheDirectoryCanNotBeMade) {
  std::ofstream(directory.path() / "data") << "a file in the way";
  EXPECT_THAT(open_error(), AllOf(HasSubstr("can't be made"), HasSubstr("VESTNIK_DATA_DIR")));
}

TEST_F(DatabaseTest, SaysThatTheDirectoryIsNotWritable) {
  std::filesystem::create_directory(directory.path() / "data");
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  std::filesystem::permissions(directory.path() / "data", std::filesystem::perms(0555));
  const pid_t child = ::fork();  // root may write everywhere, so it is tried as nobody
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const std::string error = open_error();
    ::_exit(error.find("not writable") != std::string::npos &&
                    error.find("VESTNIK_DATA_DIR") != std::string::npos
                ? 0
                : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(DatabaseTest, MigratesOnceAndInOrder) {
  static constexpr const char* first[] = {"CREATE TABLE t(a)"};
  static constexpr const char* both[] = {"CREATE TABLE t(a)",
                                         "ALTER TABLE t ADD COLUMN b DEFAULT 5; INSERT INTO t(a) VALUES (1)"};
  {
    auto database = open();
    database->migrate("thing", first);
    database->migrate("thing", first);
  }
  auto database = open();
  database->migrate("thing", both);
  database->migrate("thing", both);
  EXPECT_EQ(number(*database, "SELECT sum(b) FROM t"), 5);
  static constexpr const char* other[] = {"CREATE TABLE other(a)"};
  database->migrate("other", other);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM other"), 0);
}

TEST_F(DatabaseTest, RefusesANewerSchema) {
  static constexpr const char* two[] = {"CREATE TABLE t(a)", "CREATE TABLE u(a)"};
  auto database = open();
  database->migrate("thing", two);
  try {
    database->migrate("thing", std::span(two).first(1));
    FAIL() << "a newer schema was taken";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("newer"), HasSubstr("thing"), HasSubstr("2")));
  }
}

TEST_F(DatabaseTest, AFailedMigrationLeavesNothing) {
  static constexpr const char* broken[] = {"CREATE TABLE t(a)", "CREATE TABLE nonsense("};
  auto database = open();
  EXPECT_THROW(database->migrate("thing", broken), std::runtime_error);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM sqlite_schema WHERE name = 't'"), 0);
}

TEST_F(DatabaseTest, OpensAnExistingDirectoryQuickly) {
  {
    auto database = open();
    ASSERT_TRUE(write(
        *database,
        "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
        " INSERT INTO t SELECT randomblob(400) FROM n"));
  }
  const auto begin = std::chrono::steady_clock::now();
  auto database = open();
  // The bound is ten times what it takes here, and no check of the whole file (20 MiB) would fit twice.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
}

TEST(Database, LongReadsLeaveAThreadToShortOnes) {
  TemporaryDirectory directory;
  auto database = Database::open({.directory = directory.path(), .reader_threads = 2});
  std::promise<void> go_on;
  const std::shared_future<void> may_end = go_on.get_future().share();
  std::atomic<int> long_ones = 0;
  for (int i = 0; i < 5; ++i)
    database->read_much([may_end](Connection&) { may_end.wait(); },
                        [&](Result<void, Error> result) { long_ones += result.has_value(); });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(number(*database, "SELECT 7"), 7);
  EXPECT_EQ(long_ones, 0);
  go_on.set_value();
  database.reset();
  EXPECT_EQ(long_ones, 5) << "what is queued is run and answered";
}

TEST(Database, OneReaderThreadDoesBothKindsOfReads) {
  TemporaryDirectory directory;
  auto database = Database::open({.directory = directory.path(), .reader_threads = 1});
  std::promise<bool> read;
  database->read_much([](Connection& connection) { connection.prepare("SELECT 1").run(); },
                      [&](Result<void, Error> result) { read.set_value(result.has_value()); });
  EXPECT_TRUE(read.get_future().get());
  EXPECT_EQ(number(*database, "SELECT 7"), 7);
}

}  // namespace
}  // namespace vestnik::sqlite
