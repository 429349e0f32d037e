// What was answered is there after the process was killed in the middle of writing.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sqlite/database.h"
#include "sqlite/test_support.h"

namespace vestnik::sqlite {
namespace {

// Writes for ever; each answer's number goes to `acknowledged`.
[[noreturn]] void write_until_killed(const std::filesystem::path& directory, int acknowledged) {
  auto database = Database::open({.directory = directory});
  database->write([](Connection& c) { c.execute("CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b)"); },
                  {});
  std::int64_t next = 0;
  auto start = std::make_shared<std::promise<void>>();
  database->read(
      [&](Connection& c) {
        Statement last = c.prepare("SELECT ifnull(max(a), 0) FROM t");
        if (last.step()) next = last.integer(0);
      },
      [start](Result<void, Error>) { start->set_value(); });
  start->get_future().wait();
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

}  // namespace
}  // namespace vestnik::sqlite
