// One connection to PostgreSQL: libpq without blocking, in pipeline mode, a deadline on every wait.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/postgres/parameters.h"

struct pg_conn;
struct pg_result;

namespace vestnik::store::postgres {

inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

enum class FaultKind {
  lost,      // the connection is gone; what was under way may have been committed
  conflict,  // rolled back for another transaction's sake (serialisation, deadlock): run it again
  refused,   // the server answered with another error; rolled back
};

// Thrown by whatever talks to the server. The message holds no credentials and no data.
struct Fault {
  FaultKind kind;
  std::string message;
};

// The rows of one statement. Views live as long as this does.
class Rows {
 public:
  explicit Rows(pg_result* result);
  int size() const;
  std::int64_t integer(int row, int column) const;  // int2, int4, int8, bool
  std::string_view bytes(int row, int column) const;
  bool is_null(int row, int column) const;

 private:
  std::shared_ptr<pg_result> result_;
};

class Connection {
 public:
  // `statement_timeout`: the server gives up on a statement after it.
  Connection(std::string url, std::chrono::milliseconds statement_timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Called before each wait while connecting: when to wake at the latest, whatever happens; min(): give up.
  using BeforeWait = std::move_only_function<SteadyTime()>;
  // Throws Fault{lost}.
  void connect(SteadyTime deadline, BeforeWait before_wait);
  bool connected() const { return connection_ != nullptr; }
  void close();
  int socket() const;
  // Looks at what arrived while nothing was asked (a shutdown, a reset): the connection is closed if it is
  // dead.
  void look();

  // Sends all statements at once and waits for their results. What a fault leaves open is rolled back before
  // the next run. Throws Fault.
  std::vector<Rows> run(std::span<const Statement> statements, SteadyTime deadline);
  // Several statements without parameters in one text; for migrations only.
  void run_script(const std::string& sql, SteadyTime deadline);
  // A transaction was given up before its end.
  void roll_back_first() { roll_back_first_ = true; }

 private:
  struct Sent;
  void send(const Statement& statement, std::vector<Sent>& sent);
  pg_result* next_result(SteadyTime deadline);
  void wait(short events, SteadyTime deadline);
  void set_session();
  [[noreturn]] void lose(std::string message);
  std::string redacted(std::string message) const;

  std::string url_;
  std::chrono::milliseconds statement_timeout_;
  std::vector<std::string> secrets_;  // the URL's user and passwords: cut out of messages
  pg_conn* connection_ = nullptr;
  std::map<std::string_view, std::string> prepared_;  // SQL → the server's name for it
  int next_name_ = 0;
  bool roll_back_first_ = false;
};

// A transaction: statements are gathered and sent together; each flush is one round trip.
class Transaction {
 public:
  Transaction(Connection& connection, SteadyTime deadline) : connection_(connection), deadline_(deadline) {}
  ~Transaction() {
    if (begun_ && !committed_) connection_.roll_back_first();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void add(std::string_view sql, Parameters parameters = {}) {
    waiting_.push_back({sql, std::move(parameters)});
  }
  // Runs what was added; the results of exactly those statements.
  std::vector<Rows> flush();
  std::vector<Rows> commit();

 private:
  Connection& connection_;
  SteadyTime deadline_;
  bool begun_ = false;
  bool committed_ = false;
  std::vector<Statement> waiting_;
};

}  // namespace vestnik::store::postgres
