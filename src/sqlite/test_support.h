// For the tests of this module and of those that keep their data in a Database.
#pragma once

#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "base/temporary_directory.h"
#include "sqlite/database.h"

namespace vestnik::sqlite::test {

using vestnik::TemporaryDirectory;

// Runs `work` through the writer or a reader and waits for the answer. The answer's state is shared with the
// callback, which may come after the wait was given up.
namespace detail {
template <class Start>
Result<void, Error> wait_for(Start start) {
  auto answer = std::make_shared<std::promise<Result<void, Error>>>();
  auto result = answer->get_future();
  start([answer](Result<void, Error> r) { answer->set_value(std::move(r)); });
  if (result.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
    return fail(ErrorKind::unavailable, "no answer within 20 s");
  return result.get();
}
}  // namespace detail

inline Result<void, Error> write(Database& database, Database::Work work) {
  return detail::wait_for([&](Database::Done done) { database.write(std::move(work), std::move(done)); });
}
inline Result<void, Error> write(Database& database, const char* sql) {
  return write(database, [sql](Connection& connection) { connection.execute(sql); });
}
inline Result<void, Error> read(Database& database, Database::Work work) {
  return detail::wait_for([&](Database::Done done) { database.read(std::move(work), std::move(done)); });
}

// The integer a query answers, read through a reader; -1: no row or an error.
inline std::int64_t number(Database& database, const std::string& sql) {
  auto value = std::make_shared<std::int64_t>(-1);
  const auto result = read(database, [value, sql](Connection& connection) {
    Statement statement = connection.prepare(sql);
    if (statement.step()) *value = statement.integer(0);
  });
  return result ? *value : -1;
}

}  // namespace vestnik::sqlite::test
