// What was answered is there after the process was killed in the middle of writing, or the power went.
#include <algorithm>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/test_support.h"

namespace vestnik::sqlite {
namespace {

// Writes for ever; each answer's number goes to `acknowledged`.
[[noreturn]] void write_until_killed(const std::filesystem::path& directory, int acknowledged) {
  auto database = Database::open({.directory = directory});
  if (!test::write(*database, "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b)")) ::_exit(1);
  std::int64_t next = test::number(*database, "SELECT ifnull(max(a), 0) FROM t");
  for (;;) {
    auto done = std::make_shared<std::promise<void>>();
    for (int i = 0; i < 20; ++i) {
      const std::int64_t number = ++next;
      database->write(
          [number](Connection& c) {
            c.prepare("INSERT INTO t VALUES (?, hex(randomblob(300)))").bind(1, number).run();
          },
          [number, acknowledged, last = i == 19, done](Result<void, Error> result) {
            if (result && ::write(acknowledged, &number, sizeof number) != sizeof number) ::_exit(1);
            if (last) done->set_value();
          });
    }
    done->get_future().wait();
  }
}

TEST(Crash, EverythingAcknowledgedSurvivesKill) {
  test::TemporaryDirectory directory;
  std::int64_t newest = 0;
  for (int round = 0; round < 5; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      write_until_killed(directory.path(), pipe[1]);
    }
    ::close(pipe[1]);
    const std::int64_t kill_after = newest + 200 + 37 * round;
    std::int64_t number = 0;
    while (::read(pipe[0], &number, sizeof number) == sizeof number) {
      newest = number;
      if (number == kill_after) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    ASSERT_GE(newest, kill_after);

    auto database = Database::open({.directory = directory.path()});
    EXPECT_EQ(test::number(*database, "SELECT count(*) FROM t WHERE a <= " + std::to_string(newest)), newest);
    newest = test::number(*database, "SELECT max(a) FROM t");
  }
}

std::int64_t rows_after_cut(const std::filesystem::path& original, std::uintmax_t wal_bytes) {
  test::TemporaryDirectory copy;
  for (const char* name : {"vestnik.db", "vestnik.db-wal"})
    std::filesystem::copy_file(original / name, copy.path() / name);
  std::filesystem::resize_file(copy.path() / "vestnik.db-wal", wal_bytes);
  auto database = Database::open({.directory = copy.path()});
  const std::int64_t rows = test::number(*database, "SELECT count(*) FROM t");
  EXPECT_TRUE(test::write(*database, "INSERT INTO t VALUES (100, 'goes on')"));
  return rows;
}

TEST(Crash, ATornWriteIsCutAtTheLastWholeCommit) {
  test::TemporaryDirectory directory;
  auto database = Database::open({.directory = directory.path()});
  ASSERT_TRUE(test::write(*database, "CREATE TABLE t(a INTEGER PRIMARY KEY, b)"));
  const auto wal_bytes = [&] { return std::filesystem::file_size(directory.path() / "vestnik.db-wal"); };
  std::vector<std::uintmax_t> commit_ends = {wal_bytes()};
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(test::write(*database, [i](Connection& c) {
      c.prepare("INSERT INTO t VALUES (?, hex(randomblob(3000)))").bind(1, i).run();
    }));
    commit_ends.push_back(wal_bytes());
  }
  constexpr std::uintmax_t frame_bytes = 24 + 4096;  // SQLite's file format, section 4.1
  for (std::uintmax_t end = commit_ends.front(); end <= commit_ends.back(); end += frame_bytes)
    for (const std::uintmax_t cut : {end, end + 1, end + frame_bytes - 1}) {
      if (cut > commit_ends.back()) break;
      const auto whole =
          std::ranges::count_if(commit_ends, [&](std::uintmax_t commit) { return commit <= cut; });
      EXPECT_EQ(rows_after_cut(directory.path(), cut), whole - 1) << "cut at byte " << cut;
    }
}

}  // namespace
}  // namespace vestnik::sqlite
