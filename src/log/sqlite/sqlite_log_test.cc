// What the embedded log does beyond the contract: how it writes, what it reads from where, and its faults.
#include "log/sqlite/sqlite_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/contract_support.h"
#include "log/sqlite/schema.h"
#include "sqlite/faulty_vfs.h"
#include "sqlite/test_support.h"

namespace vestnik::log::sqlite {
namespace {

using test::Member;
using testing::HasSubstr;
using vestnik::sqlite::test::number;

class SqliteLogTest : public testing::Test {
 protected:
  void open(Options options = {}) {
    log.reset();
    database.reset();
    database = vestnik::sqlite::Database::open({.directory = directory.path()});
    log = std::make_unique<SqliteLog>(*database, system_clock(), options);
  }
  std::future<Result<void, Error>> start(const std::string& key, const std::string& value) {
    auto answer = std::make_shared<std::promise<Result<void, Error>>>();
    log->append("events", {{key, value, {}}},
                [answer](Result<void, Error> r) { answer->set_value(std::move(r)); });
    return answer->get_future();
  }
  Result<void, Error> append(const std::string& key, const std::string& value) {
    auto answer = start(key, value);
    if (answer.wait_for(test::patience) != std::future_status::ready)
      return fail(ErrorKind::unavailable, "no answer");
    return answer.get();
  }
  // Holds the writer until the returned promise is set.
  std::promise<void> hold_writer() {
    std::promise<void> gate;
    auto entered = std::make_shared<std::promise<void>>();
    database->write(
        [entered, opened = gate.get_future()](vestnik::sqlite::Connection&) {
          entered->set_value();
          opened.wait();
        },
        {});
    entered->get_future().wait();
    return gate;
  }

  vestnik::sqlite::test::TemporaryDirectory directory;
  vestnik::sqlite::test::FaultyVfs vfs;
  std::unique_ptr<vestnik::sqlite::Database> database;
  std::unique_ptr<SqliteLog> log;
};

TEST_F(SqliteLogTest, AppendsInFlightBecomeOneRowForEachPartition) {
  open();
  auto gate = hold_writer();
  std::vector<std::future<Result<void, Error>>> answers;
  for (int i = 0; i < 400; ++i) answers.push_back(start("user_" + std::to_string(i), "x"));
  const std::uint64_t commits = database->counters().commits;
  gate.set_value();
  for (auto& answer : answers) ASSERT_TRUE(answer.get());
  EXPECT_EQ(number(*database, "SELECT count(*) FROM log_batch"), 4);
  EXPECT_EQ(number(*database, "SELECT sum(count) FROM log_batch"), 400);
  EXPECT_LE(database->counters().commits - commits, 2u) << "the one that was held, and one for all of them";
  EXPECT_GT(number(*database, "SELECT min(appended_at_us) FROM log_batch"), 1'700'000'000'000'000);
}

TEST_F(SqliteLogTest, GivesTheRecordAtAPlace) {
  open({.partitions = 2});
  const auto append_some = [&](int first) {
    auto gate = hold_writer();
    std::vector<std::future<Result<void, Error>>> answers;
    for (int i = first; i < first + 5; ++i) answers.push_back(start("k", std::to_string(i)));
    gate.set_value();
    for (auto& answer : answers) ASSERT_TRUE(answer.get());
  };
  append_some(0);
  append_some(5);
  ASSERT_TRUE(append("another", "x"));
  open({.partitions = 2});
  const std::int32_t partition = partition_of("k", 2);
  const auto value_at = [&](std::int64_t offset) {
    std::promise<std::string> value;
    database->read(
        [&](vestnik::sqlite::Connection& connection) {
          value.set_value(SqliteLog::record_at(connection, log->place_of("events", partition, offset)).value);
        },
        [&](Result<void, vestnik::sqlite::Error> result) {
          if (!result) value.set_value(result.error().message);
        });
    return value.get_future().get();
  };
  const bool shared = partition_of("another", 2) == partition;
  for (int offset = 0; offset < 10; ++offset) EXPECT_EQ(value_at(offset), std::to_string(offset));
  EXPECT_EQ(value_at(shared ? 11 : 10), "the log has no record at a place that the store names");
  EXPECT_EQ(value_at(1'000'000), "the log has no record at a place that the store names");

  ASSERT_TRUE(vestnik::sqlite::test::write(
      *database,
      "UPDATE log_batch SET records = CAST(substr(records, 1, length(records) - 1) || x'21' AS BLOB)"));
  EXPECT_THAT(value_at(0), HasSubstr("the log is damaged at a place that the store names"));
}

TEST_F(SqliteLogTest, SharesItsSyncWithOtherWrites) {
  open();
  auto gate = hold_writer();
  const std::uint64_t commits = database->counters().commits;
  auto appended = start("user_1", "x");
  auto other = std::make_shared<std::promise<bool>>();
  database->write([](vestnik::sqlite::Connection& c) { c.execute("CREATE TABLE ledger(a)"); },
                  [other](Result<void, vestnik::sqlite::Error> r) { other->set_value(r.has_value()); });
  gate.set_value();
  EXPECT_TRUE(appended.get());
  EXPECT_TRUE(other->get_future().get());
  EXPECT_LE(database->counters().commits - commits, 2u);
}

TEST_F(SqliteLogTest, AnAppendFromInsideAWorkIsDurableWithItOrNotAtAll) {
  open();
  database->write([](vestnik::sqlite::Connection& c) { c.execute("CREATE TABLE ledger(a PRIMARY KEY)"); },
                  {});
  std::int64_t durable = 0;
  for (const bool fails : {false, true, false}) {
    // An append from outside is under way, too, and takes its offsets before.
    auto gate = hold_writer();
    auto outside = start("user_1", "outside");
    std::future<Result<void, Error>> inside;
    auto worked = std::make_shared<std::promise<bool>>();
    database->write(
        [&](vestnik::sqlite::Connection& c) {
          inside = start("user_1", "inside");
          c.execute("INSERT INTO ledger SELECT count(*) FROM ledger");
          if (fails) c.execute("INSERT INTO ledger VALUES (0)");  // violates the key
        },
        [worked](Result<void, vestnik::sqlite::Error> r) { worked->set_value(r.has_value()); });
    gate.set_value();
    durable += outside.get().has_value();  // the transaction may have been its own
    EXPECT_EQ(worked->get_future().get(), !fails);
    EXPECT_EQ(inside.get().has_value(), !fails);
    durable += !fails;
  }
  EXPECT_EQ(number(*database, "SELECT sum(count) FROM log_batch"), durable);
  open();
  Member reader(*log, {.group = "readers", .topics = {"events"}});
  ASSERT_TRUE(reader.wait_for_records(static_cast<std::size_t>(durable)));
}

TEST_F(SqliteLogTest, KeysThatGatherFallTogether) {
  open({.partitions = 8});
  const Gathering gathering = log->gathering("events");
  EXPECT_EQ(gathering.partitions, 8);
  int held = 0;
  for (int i = 0; i < 800; ++i) held += gathering.holds("user_" + std::to_string(i));
  EXPECT_NEAR(held, 100, 50);
  std::set<std::int32_t> partitions;
  for (int slice = 0; slice < 8; ++slice)
    partitions.insert(gathering_at(SteadyTime(slice * gathering_slice), 8).partition);
  EXPECT_EQ(partitions.size(), 8U) << "each has its turn";
  EXPECT_TRUE(gathering_at({}, 0).holds("any")) << "where the partitions aren't known";
}

TEST_F(SqliteLogTest, RefusesWhenTooMuchIsWaiting) {
  open({.pending_bytes_max = 1000});
  auto gate = hold_writer();
  auto taken = start("user_1", std::string(500, 'x'));
  auto refused = start("user_1", std::string(500, 'y'));
  ASSERT_EQ(refused.wait_for(std::chrono::seconds(0)), std::future_status::ready) << "answered at once";
  EXPECT_EQ(refused.get().error().kind, ErrorKind::overloaded);
  gate.set_value();
  EXPECT_TRUE(taken.get());
  EXPECT_TRUE(append("user_1", std::string(500, 'z'))) << "there is room again";
}

TEST_F(SqliteLogTest, AnswersWithinTwoSecondsWhenTheDiskHangs) {
  open();
  auto gate = hold_writer();
  auto answer = start("user_1", "late");
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(2)), std::future_status::ready);
  EXPECT_EQ(answer.get().error().kind, ErrorKind::unavailable);
  gate.set_value();
  EXPECT_TRUE(append("user_1", "x"));
  EXPECT_EQ(number(*database, "SELECT sum(count) FROM log_batch"), 2) << "it became durable all the same";
}

TEST_F(SqliteLogTest, AFullDiskIsUnavailableAndHeals) {
  open();
  ASSERT_TRUE(append("user_1", "0"));
  vfs.disk_full = true;
  const auto refused = append("user_1", "lost");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(log->health().well);
  EXPECT_EQ(log->health().part, "log");
  vfs.disk_full = false;
  ASSERT_TRUE(append("user_1", "1"));
  EXPECT_TRUE(log->health().well);
  Member member(*log, {.group = "g", .topics = {"events"}});
  ASSERT_TRUE(member.wait_for_records(2));
  EXPECT_EQ(member.values(), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(member.records()[1].position.offset, member.records()[0].position.offset + 1);
}

TEST_F(SqliteLogTest, AFailedSyncStopsIt) {
  open();
  vfs.sync_fails = true;
  EXPECT_EQ(append("user_1", "x").error().kind, ErrorKind::unavailable);
  vfs.sync_fails = false;
  EXPECT_EQ(append("user_1", "x").error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(log->health().well);
}

TEST_F(SqliteLogTest, AConsumerThatIsBehindReadsTheFile) {
  open({.cache_bytes_max = 2000});
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(append("user_1", std::to_string(i) + std::string(100, ' ')));
  Member member(*log, {.group = "g", .topics = {"events"}, .batch_max = 7});
  ASSERT_TRUE(member.wait_for_records(300));
  ASSERT_TRUE(append("user_1", "300"));
  ASSERT_TRUE(member.wait_for_records(301));
  const auto values = member.values();
  for (int i = 0; i <= 300; ++i) EXPECT_EQ(std::stoi(values[static_cast<std::size_t>(i)]), i);
}

TEST_F(SqliteLogTest, AConsumerThatKeepsUpDoesNot) {
  open();
  Member member(*log, {.group = "g", .topics = {"events"}});
  ASSERT_TRUE(member.wait_for_partitions(4));
  // With every row gone, only memory can have them.
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(append("user_1", std::to_string(i)));
    ASSERT_TRUE(vestnik::sqlite::test::write(*database, "UPDATE log_batch SET records = x''"));
  }
  EXPECT_TRUE(member.wait_for_records(20));
}

TEST_F(SqliteLogTest, KeepsATopicsNumberOfPartitions) {
  open({.partitions = 3});
  ASSERT_TRUE(append("user_1", "x"));
  open({.partitions = 8});
  Member member(*log, {.group = "g", .topics = {"events"}});
  EXPECT_TRUE(member.wait_for_partitions(3));
}

TEST_F(SqliteLogTest, DamageStopsThePartitionAndSaysWhere) {
  open({.partitions = 1});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append("user_1", std::to_string(i)));
  ASSERT_TRUE(vestnik::sqlite::test::write(
      *database,
      "UPDATE log_batch SET records = CAST(substr(records, 1, length(records) - 1) || x'21' AS BLOB)"
      " WHERE id & 1099511627775 = 1"));
  open({.partitions = 1});
  Member member(*log, {.group = "g", .topics = {"events"}});
  const auto until = std::chrono::steady_clock::now() + test::patience;
  while (log->health().well && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_FALSE(log->health().well);
  EXPECT_THAT(log->health().detail, HasSubstr("topic events partition 0: offset 1 is damaged"));
  EXPECT_EQ(member.values(), std::vector<std::string>{"0"})
      << "what is before it is whole, what is after it waits";
}

TEST_F(SqliteLogTest, AReleaseThatComesTooLateDoesNotTakeTheNextAssignment) {
  open({.partitions = 2});
  Member stuck(*log, {.group = "g", .topics = {"events"}}, {.release_at_once = false});
  ASSERT_TRUE(stuck.wait_for_partitions(2));
  {
    Member other(*log, {.group = "g", .topics = {"events"}});
    ASSERT_TRUE(other.wait_for_partitions(1)) << "without a release, after 5 s";
  }
  ASSERT_TRUE(stuck.wait_for_partitions(2));
  stuck.release();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append("user_" + std::to_string(i), "x"));
  EXPECT_TRUE(stuck.wait_for_records(20));
}

class LeavesAtOnce final : public Consumer {
 public:
  void on_records(std::vector<ConsumedRecord>) override {
    ++calls;
    subscription.reset();
    left.set_value();
  }
  int calls = 0;
  std::promise<void> left;
  std::unique_ptr<Subscription> subscription;
};

TEST_F(SqliteLogTest, AConsumerMayLeaveWhileItIsGivenRecords) {
  open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append("user_1", std::to_string(i)));
  LeavesAtOnce consumer;
  {
    test::TestExecutor executor;
    executor.run([&] {
      consumer.subscription =
          log->subscribe({.group = "g", .topics = {"events"}, .batch_max = 1}, consumer, executor);
    });
    ASSERT_EQ(consumer.left.get_future().wait_for(test::patience), std::future_status::ready);
  }
  EXPECT_EQ(consumer.calls, 1);
  Member next(*log, {.group = "g", .topics = {"events"}});
  EXPECT_TRUE(next.wait_for_records(10)) << "none was done";
}

// Appends for ever; the number of each that was answered goes to `acknowledged`.
[[noreturn]] void append_until_killed(const std::filesystem::path& directory, int acknowledged) {
  auto database = vestnik::sqlite::Database::open({.directory = directory});
  SqliteLog log(*database, system_clock());
  std::int64_t next = 0;
  for (;;) {
    auto last = std::make_shared<std::promise<void>>();
    for (int i = 0; i < 10; ++i) {
      const std::int64_t value = next++;
      log.append("events", {{"user_" + std::to_string(value % 7), std::to_string(value), {}}},
                 [value, acknowledged, last, is_last = i == 9](Result<void, Error> result) {
                   if (result && ::write(acknowledged, &value, sizeof value) != sizeof value) ::_exit(1);
                   if (is_last) last->set_value();
                 });
    }
    last->get_future().wait();
  }
}

TEST_F(SqliteLogTest, EverythingAcknowledgedSurvivesKill) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    append_until_killed(directory.path(), pipe[1]);
  }
  ::close(pipe[1]);
  std::set<std::string> acknowledged;
  for (std::int64_t value = 0; ::read(pipe[0], &value, sizeof value) == sizeof value;) {
    acknowledged.insert(std::to_string(value));
    if (acknowledged.size() == 500) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";

  open();
  Member member(*log, {.group = "g", .topics = {"events"}});
  ASSERT_TRUE(member.wait_for_records(acknowledged.size()));
  const auto values = member.values();
  const std::set<std::string> seen(values.begin(), values.end());
  EXPECT_TRUE(std::ranges::includes(seen, acknowledged));
}

}  // namespace
}  // namespace vestnik::log::sqlite
