#include <gtest/gtest.h>

#include "sqlite/connection.h"
#include "sqlite/test_support.h"

namespace vestnik::sqlite {
namespace {

class StatementTest : public testing::Test {
 protected:
  void SetUp() override { connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)"); }

  test::TemporaryDirectory directory;
  SqliteConnection connection{directory.path() / "t.db", Access::read_write};
};

TEST_F(StatementTest, RoundTripsIntegersTextBlobsAndNull) {
  const std::string binary("\0\xff\x01", 3);
  connection.prepare("INSERT INTO t(id, a, b) VALUES (?, ?, ?)")
      .bind(1, INT64_MIN)
      .bind(2, "вестник")
      .bind_blob(3, binary)
      .run();
  Statement row = connection.prepare("SELECT id, a, b, NULL FROM t");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.integer(0), INT64_MIN);
  EXPECT_EQ(row.text(1), "вестник");
  EXPECT_EQ(row.blob(2), binary);
  EXPECT_TRUE(row.is_null(3));
  EXPECT_FALSE(row.step());
}

TEST_F(StatementTest, EmptyTextAndBlobAreNotNull) {
  connection.prepare("INSERT INTO t(a, b) VALUES (?, ?)").bind(1, std::string_view()).bind_blob(2, {}).run();
  connection.prepare("INSERT INTO t(a, b) VALUES (?, ?)").bind_null(1).run();
  Statement row = connection.prepare("SELECT typeof(a), typeof(b) FROM t ORDER BY id");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.text(0), "text");
  EXPECT_EQ(row.text(1), "blob");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.text(0), "null");
  EXPECT_EQ(row.text(1), "null") << "a cached statement starts with no bindings";
}

TEST_F(StatementTest, TheSameTextCanBeInUseTwice) {
  connection.execute("INSERT INTO t(id) VALUES (1), (2)");
  Statement outer = connection.prepare("SELECT id FROM t ORDER BY id");
  ASSERT_TRUE(outer.step());
  {
    Statement inner = connection.prepare("SELECT id FROM t ORDER BY id");
    ASSERT_TRUE(inner.step());
    EXPECT_EQ(inner.integer(0), 1);
  }
  ASSERT_TRUE(outer.step());
  EXPECT_EQ(outer.integer(0), 2);
}

TEST_F(StatementTest, RunsInALoopAndCountsChanges) {
  Statement insert = connection.prepare("INSERT INTO t(id) VALUES (?)");
  for (int i = 0; i < 5; ++i) insert.bind(1, i).run();
  EXPECT_EQ(connection.last_rowid(), 4);
  connection.prepare("DELETE FROM t WHERE id >= 2").run();
  EXPECT_EQ(connection.changes(), 3);
}

TEST_F(StatementTest, ErrorsCarryTheExtendedCode) {
  connection.execute("CREATE UNIQUE INDEX t_a ON t(a); INSERT INTO t(a) VALUES (1)");
  try {
    connection.prepare("INSERT INTO t(a) VALUES (1)").run();
    FAIL() << "the constraint was not told";
  } catch (const SqliteError& error) {
    EXPECT_EQ(error.code(), 2067) << "SQLITE_CONSTRAINT_UNIQUE";
    EXPECT_EQ(kind_of(error.code()), ErrorKind::unavailable);
  }
  EXPECT_THROW(connection.prepare("SELECT nothing FROM nowhere"), SqliteError);
  EXPECT_THROW(connection.prepare("SELECT 1").bind(1, 1), SqliteError) << "no such parameter";
}

}  // namespace
}  // namespace vestnik::sqlite
