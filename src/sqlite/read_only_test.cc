// Looking at a file that another process writes, or has left behind, changes nothing of it.
#include "sqlite/read_only.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sqlite/test_support.h"

namespace vestnik::sqlite {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::int64_t rows_in(ReadOnlyFile& file) {
  std::int64_t rows = -1;
  file.read([&](Connection& connection) {
    Statement count = connection.prepare("SELECT count(*) FROM t");
    if (count.step()) rows = count.integer(0);
  });
  return rows;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string open_error(const fs::path& directory) {
  try {
    ReadOnlyFile file(directory);
    rows_in(file);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// Whether `check` holds in a process of its own, as nobody: root may write everywhere.
bool holds_as_nobody(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::geteuid() == 0 && ::setuid(65534) != 0 ? 2 : check() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// A process that writes one row after the other until it is killed.
class WritingProcess {
 public:
  explicit WritingProcess(const fs::path& directory) {
    int pipe[2];
    if (::pipe(pipe) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::close(pipe[0]);
      write_for_ever(directory, pipe[1]);
    }
    ::close(pipe[1]);
    acknowledged_ = pipe[0];
  }
  ~WritingProcess() {
    kill();
    ::close(acknowledged_);
  }

  // Waits for the next acknowledgement: how many rows are durable at least. 0: it has ended.
  std::int64_t acknowledged() {
    std::int64_t rows = 0;
    return ::read(acknowledged_, &rows, sizeof rows) == sizeof rows ? rows : 0;
  }
  // Returns how many rows it had acknowledged.
  std::int64_t kill() {
    if (child_ < 0) return 0;
    ::kill(child_, SIGKILL);
    std::int64_t last = 0;
    while (const std::int64_t rows = acknowledged()) last = rows;
    ::waitpid(std::exchange(child_, -1), nullptr, 0);
    return last;
  }

 private:
  [[noreturn]] static void write_for_ever(const fs::path& directory, int acknowledged) {
    auto database = Database::open({.directory = directory});
    if (!test::write(*database, "CREATE TABLE t(a INTEGER PRIMARY KEY, b)")) ::_exit(1);
    for (std::int64_t rows = 1;; ++rows) {
      if (!test::write(*database, "INSERT INTO t(b) VALUES (randomblob(60000))")) ::_exit(1);
      if (::write(acknowledged, &rows, sizeof rows) != sizeof rows) ::_exit(1);
    }
  }

  pid_t child_ = -1;
  int acknowledged_ = -1;
};

class ReadOnly : public testing::Test {
 protected:
  // A directory as kill -9 leaves it.
  std::int64_t leave_behind() {
    WritingProcess process(directory.path());
    while (process.acknowledged() < 40) continue;
    return std::max<std::int64_t>(40, process.kill());
  }

  test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "vestnik.db";
  const fs::path wal = directory.path() / "vestnik.db-wal";
  const fs::path index = directory.path() / "vestnik.db-shm";
};

TEST_F(ReadOnly, SeesWhatIsDurableWhileAnotherProcessWrites) {
  WritingProcess process(directory.path());
  ASSERT_GT(process.acknowledged(), 0);
  ReadOnlyFile look(directory.path());
  for (int i = 0; i < 100; ++i) {
    const std::int64_t rows = process.acknowledged();
    ASSERT_GT(rows, 0) << "the writer goes on";
    ASSERT_GE(rows_in(look), rows);
  }
}

// Pages of rows, one after the other: several times the WAL's limit is written meanwhile.
TEST_F(ReadOnly, DoesNotKeepTheWalFromStartingOver) {
  WritingProcess process(directory.path());
  ASSERT_GT(process.acknowledged(), 0);
  ReadOnlyFile look(directory.path());
  std::uintmax_t largest = 0;
  for (std::int64_t rows = 0; rows < 5000;) {
    rows = rows_in(look);
    largest = std::max(largest, fs::file_size(wal));
  }
  EXPECT_GT(largest, 8u << 20);
  EXPECT_LT(largest, 128u << 20) << "300 MB were written";
}

TEST_F(ReadOnly, AfterACrashSeesWhatWasAcknowledgedAndChangesNothing) {
  for (const bool index_is_there : {true, false}) {
    const std::int64_t acknowledged = leave_behind();
    if (!index_is_there) fs::remove(index);
    const std::string file_before = bytes_of(file), wal_before = bytes_of(wal);
    ASSERT_FALSE(wal_before.empty());
    {
      ReadOnlyFile look(directory.path());
      EXPECT_GE(rows_in(look), acknowledged);
    }
    EXPECT_EQ(bytes_of(file), file_before);
    EXPECT_EQ(bytes_of(wal), wal_before) << "closing last does not move the WAL into the file";
    auto database = Database::open({.directory = directory.path()});
    EXPECT_GE(test::number(*database, "SELECT count(*) FROM t"), acknowledged);
    EXPECT_TRUE(test::write(*database, "DROP TABLE t"));
  }
}

TEST_F(ReadOnly, WorksWhereItMayNotWrite) {
  const std::int64_t acknowledged = leave_behind();
  for (const fs::path& path : {file, wal, index}) fs::permissions(path, fs::perms(0444));
  fs::permissions(directory.path(), fs::perms(0555));
  EXPECT_TRUE(holds_as_nobody([&] {
    ReadOnlyFile look(directory.path());
    return rows_in(look) >= acknowledged;
  }));

  fs::permissions(directory.path(), fs::perms::owner_all);
  fs::remove(index);
  fs::permissions(directory.path(), fs::perms(0555));
  EXPECT_TRUE(holds_as_nobody([&] {
    const std::string error = open_error(directory.path());
    return error.find("copy the whole directory") != std::string::npos;
  })) << "SQLite can't read a WAL without its index, and it may not make one";
  fs::permissions(directory.path(), fs::perms::owner_all);
}

TEST_F(ReadOnly, AWriterMayStartAndStopMeanwhile) {
  ASSERT_GT(leave_behind(), 0);
  ReadOnlyFile look(directory.path());
  const std::int64_t before = rows_in(look);
  for (int i = 1; i <= 3; ++i) {
    auto database = Database::open({.directory = directory.path()});
    ASSERT_TRUE(test::write(*database, "INSERT INTO t(b) VALUES ('x')"));
    database.reset();
    EXPECT_EQ(rows_in(look), before + i);
  }
}

TEST_F(ReadOnly, RefusesToWrite) {
  Database::open({.directory = directory.path()});
  ReadOnlyFile look(directory.path());
  EXPECT_THROW(look.read([](Connection& connection) { connection.execute("CREATE TABLE t(a)"); }),
               std::runtime_error);
  EXPECT_NO_THROW(look.read([](Connection& connection) { connection.prepare("SELECT 1").run(); }));
}

TEST_F(ReadOnly, SaysWhatIsWrongWithTheDirectory) {
  EXPECT_THAT(open_error(directory.path() / "nowhere"),
              AllOf(HasSubstr("vestnik.db is not there"), HasSubstr("VESTNIK_DATA_DIR")));
  EXPECT_THAT(open_error(directory.path()), HasSubstr("not there"));
  std::ofstream(file) << std::string(8192, 'x');
  EXPECT_THAT(open_error(directory.path()), HasSubstr("not a database"));
  fs::resize_file(file, 0);
  EXPECT_THAT(open_error(directory.path()), HasSubstr("another program"));
}

TEST_F(ReadOnly, KnowsTheVersionOfTheTables) {
  constexpr const char* steps[] = {"CREATE TABLE a(x)", "CREATE TABLE b(x)"};
  Database::open({.directory = directory.path()})->migrate("part", steps);
  ReadOnlyFile look(directory.path());
  EXPECT_TRUE(look.has("part", 2));
  EXPECT_TRUE(look.has("part", 3)) << "older tables can be read";
  EXPECT_FALSE(look.has("other", 1));
  EXPECT_THROW(look.has("part", 1), std::runtime_error);
}

}  // namespace
}  // namespace vestnik::sqlite
