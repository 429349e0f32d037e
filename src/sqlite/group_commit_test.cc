#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/faulty_vfs.h"
#include "sqlite/test_support.h"

namespace vestnik::sqlite {
namespace {

using test::number;
using test::write;

class GroupCommitTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write(*database, "CREATE TABLE t(a INTEGER PRIMARY KEY)")); }

  // Holds the writer inside a transaction until open_gate(), so that what is queued meanwhile becomes the
  // next groups.
  void close_gate() {
    auto entered = std::make_shared<std::promise<void>>();
    database->write(
        [entered, opened = gate.get_future().share()](Connection&) {
          entered->set_value();
          opened.wait();
        },
        {});
    entered->get_future().wait();
  }
  void open_gate() { gate.set_value(); }

  test::TemporaryDirectory directory;
  test::FaultyVfs vfs;
  std::unique_ptr<Database> database = Database::open({.directory = directory.path()});
  std::promise<void> gate;
};

TEST_F(GroupCommitTest, WhatWaitsTogetherIsSyncedTogether) {
  close_gate();
  const Counters before = database->counters();
  const int syncs_before = vfs.syncs;
  std::atomic<int> answered = 0;
  auto all = std::make_shared<std::promise<void>>();
  for (int i = 0; i < 500; ++i)
    database->write([i](Connection& c) { c.prepare("INSERT INTO t VALUES (?)").bind(1, i).run(); },
                    [&answered, all](Result<void, Error> result) {
                      EXPECT_TRUE(result);
                      if (++answered == 500) all->set_value();
                    });
  open_gate();
  ASSERT_EQ(all->get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  const Counters after = database->counters();
  EXPECT_EQ(after.writes - before.writes, 501u);
  // The gate's own transaction, and as many as group_time_max makes of 500 small ones.
  EXPECT_LE(after.commits - before.commits, 10u);
  EXPECT_LE(vfs.syncs - syncs_before, static_cast<int>(after.commits - before.commits) + 2);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 500);
}

TEST_F(GroupCommitTest, EveryDurableAnswerHasASyncBeforeIt) {
  for (int i = 0; i < 10; ++i) {
    const int before = vfs.syncs;
    ASSERT_TRUE(
        write(*database, [i](Connection& c) { c.prepare("INSERT INTO t VALUES (?)").bind(1, i).run(); }));
    EXPECT_GT(vfs.syncs, before);
  }
}

TEST_F(GroupCommitTest, AWriteFromInsideAWorkJoinsItsTransaction) {
  const Counters before = database->counters();
  auto joined = std::make_shared<std::promise<bool>>();
  EXPECT_FALSE(database->in_work());
  ASSERT_TRUE(write(*database, [&](Connection& c) {
    EXPECT_TRUE(database->in_work());
    database->write([](Connection& other) { other.execute("INSERT INTO t VALUES (2)"); },
                    [joined, this](Result<void, Error> result) {
                      EXPECT_FALSE(database->in_work());
                      joined->set_value(result.has_value());
                    });
    c.execute("INSERT INTO t VALUES (1)");
  }));
  EXPECT_TRUE(joined->get_future().get());
  EXPECT_EQ(database->counters().commits - before.commits, 1u);
  EXPECT_EQ(database->counters().writes - before.writes, 2u);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 2);
}

TEST_F(GroupCommitTest, WhatAFailedWorkAskedForFailsWithIt) {
  auto joined = std::make_shared<std::promise<bool>>();
  EXPECT_FALSE(write(*database, [&](Connection& c) {
    c.execute("INSERT INTO t VALUES (1)");
    database->write([](Connection& other) { other.execute("INSERT INTO t VALUES (2)"); },
                    [joined](Result<void, Error> result) { joined->set_value(result.has_value()); });
    c.execute("INSERT INTO t VALUES (1)");  // violates the key
  }));
  EXPECT_FALSE(joined->get_future().get());
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 0);
}

TEST_F(GroupCommitTest, AJoinedWriteThatThrowsTakesTheTransactionWithIt) {
  auto joined = std::make_shared<std::promise<bool>>();
  EXPECT_FALSE(write(*database, [&](Connection& c) {
    database->write([](Connection& other) { other.execute("INSERT INTO t VALUES (1)"); },
                    [joined](Result<void, Error> result) { joined->set_value(result.has_value()); });
    c.execute("INSERT INTO t VALUES (1)");
  }));
  EXPECT_FALSE(joined->get_future().get());
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 0) << "what asked for it must not stand without it";
  EXPECT_TRUE(write(*database, [](Connection& c) { c.execute("INSERT INTO t VALUES (1)"); }));
}

TEST_F(GroupCommitTest, AThrowingWorkIsRolledBackAlone) {
  close_gate();
  std::vector<bool> answers(3);
  auto all = std::make_shared<std::promise<void>>();
  database->write([](Connection& c) { c.execute("INSERT INTO t VALUES (1)"); },
                  [&](Result<void, Error> r) { answers[0] = r.has_value(); });
  database->write(
      [](Connection& c) {
        c.execute("INSERT INTO t VALUES (2)");
        c.execute("INSERT INTO t VALUES (1)");  // violates the key
      },
      [&](Result<void, Error> r) {
        answers[1] = r.has_value();
        EXPECT_EQ(r.error().kind, ErrorKind::unavailable);
      });
  database->write([](Connection& c) { c.execute("INSERT INTO t VALUES (3)"); },
                  [&answers, all](Result<void, Error> r) {
                    answers[2] = r.has_value();
                    all->set_value();
                  });
  open_gate();
  ASSERT_EQ(all->get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(answers, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(number(*database, "SELECT sum(a) FROM t"), 4);
  EXPECT_TRUE(database->health().well) << "a constraint is nobody's illness";
}

TEST_F(GroupCommitTest, OneThreadsWritesRunInItsOrder) {
  ASSERT_TRUE(write(*database, "CREATE TABLE seen(thread, n, position INTEGER PRIMARY KEY AUTOINCREMENT)"));
  std::atomic<int> answered = 0;
  auto all = std::make_shared<std::promise<void>>();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int n = 0; n < 250; ++n)
        database->write(
            [t, n](Connection& c) {
              c.prepare("INSERT INTO seen(thread, n) VALUES (?, ?)").bind(1, t).bind(2, n).run();
            },
            [&answered, all](Result<void, Error>) {
              if (++answered == 1000) all->set_value();
            });
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(all->get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM seen"), 1000);
  EXPECT_EQ(number(*database,
                   "SELECT count(*) FROM seen a JOIN seen b ON a.thread = b.thread AND a.n + 1 = b.n"
                   " WHERE b.position < a.position"),
            0);
}

TEST_F(GroupCommitTest, TheWriteAheadLogStaysBounded) {
  ASSERT_TRUE(write(*database, "CREATE TABLE big(a)"));
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(write(*database, [](Connection& c) {
      for (int row = 0; row < 250; ++row) c.execute("INSERT INTO big VALUES (zeroblob(4000))");
    }));
  EXPECT_GT(database->counters().checkpoints, 2u);
  EXPECT_LT(std::filesystem::file_size(directory.path() / "vestnik.db-wal"), 20u << 20)
      << "60 MiB were written";
}

TEST_F(GroupCommitTest, OverlappingReadersDoNotLetTheWriteAheadLogGrow) {
  ASSERT_TRUE(write(*database, "CREATE TABLE big(a)"));
  std::atomic<bool> stop = false;
  // Each of two readers holds a snapshot until the other has one: there is never a moment without one, unless
  // the writer asks for it.
  std::vector<std::thread> threads;
  std::atomic<int> inside = 0;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      while (!stop)
        (void)test::read(*database, [&](Connection& c) {
          Statement rows = c.prepare("SELECT count(*) FROM big");
          rows.step();
          ++inside;
          const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
          while (inside < 2 && !stop && std::chrono::steady_clock::now() < until) std::this_thread::yield();
          --inside;
        });
    });
  for (int i = 0; i < 120; ++i)
    ASSERT_TRUE(write(*database, [](Connection& c) {
      for (int row = 0; row < 250; ++row) c.execute("INSERT INTO big VALUES (zeroblob(4000))");
    }));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(std::filesystem::file_size(directory.path() / "vestnik.db-wal"), 90u << 20)
      << "120 MiB were written";
}

}  // namespace
}  // namespace vestnik::sqlite
