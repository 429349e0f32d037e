#include "store/postgres/connection.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdexcept>
#include <utility>

namespace vestnik::store::postgres {
namespace {

int milliseconds_until(SteadyTime t) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(t - steady_now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

std::vector<std::string> secrets_of(const std::string& url) {
  char* problem = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &problem);
  PQfreemem(problem);  // it may quote the password
  if (!options)
    throw std::runtime_error("the database URL is not one that libpq can read: check its spelling");
  std::vector<std::string> secrets;
  for (const PQconninfoOption* o = options; o->keyword; ++o) {
    const std::string_view name = o->keyword;
    if (o->val && *o->val &&
        (name == "password" || name == "user" || name == "sslpassword" || name == "passfile"))
      secrets.emplace_back(o->val);
  }
  PQconninfoFree(options);
  return secrets;
}

// Notices are the server's small talk; nothing of it may reach the process's stderr.
void ignore_notice(void*, const PGresult*) {}

FaultKind kind_of(std::string_view sqlstate) {
  // PostgreSQL, appendix A. 40001 serialization_failure, 40P01 deadlock_detected.
  if (sqlstate == "40001" || sqlstate == "40P01") return FaultKind::conflict;
  // 08: connection exception; 57P01–57P05: the server ends the session; 25006: this server is a standby now;
  // 25P03: the session idled inside its transaction (the process was stopped).
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25006" || sqlstate == "25P03")
    return FaultKind::lost;
  return FaultKind::refused;
}

Fault fault_of(const PGresult* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = field ? field : "08006";
  // The server's own text may quote values, so only the code is told.
  return {kind_of(sqlstate), fmt::format("PostgreSQL answered with SQLSTATE {}", sqlstate)};
}

}  // namespace

Rows::Rows(pg_result* result) : result_(result, PQclear) {}
int Rows::size() const { return PQntuples(result_.get()); }
bool Rows::is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
  const std::string_view value = bytes(row, column);
  std::uint64_t bits = !value.empty() && (value[0] & 0x80) ? ~std::uint64_t{0} : 0;
  for (const char c : value) bits = bits << 8 | static_cast<std::uint8_t>(c);
  return static_cast<std::int64_t>(bits);
}

struct Connection::Sent {
  std::string_view prepares;  // not empty: this is the preparation of that SQL
  std::string name;
};

Connection::Connection(std::string url, std::chrono::milliseconds statement_timeout)
    : url_(std::move(url)), statement_timeout_(statement_timeout), secrets_(secrets_of(url_)) {}

Connection::~Connection() { close(); }

void Connection::close() {
  PQfinish(std::exchange(connection_, nullptr));
  prepared_.clear();
  roll_back_first_ = false;
}

int Connection::socket() const { return PQsocket(connection_); }

std::string Connection::redacted(std::string message) const {
  for (const std::string& secret : secrets_)
    for (std::size_t at; !secret.empty() && (at = message.find(secret)) != std::string::npos;)
      message.replace(at, secret.size(), "…");
  std::ranges::replace(message, '\n', ' ');
  while (message.ends_with(' ')) message.pop_back();
  return message;
}

void Connection::lose(std::string message) {
  close();
  throw Fault{FaultKind::lost, redacted(std::move(message))};
}

void Connection::connect(SteadyTime deadline, BeforeWait before_wait) {
  close();
  const char* const names[] = {"dbname", "fallback_application_name", nullptr};
  const char* const values[] = {url_.c_str(), "vestnik", nullptr};
  connection_ = PQconnectStartParams(names, values, 1);
  if (!connection_) throw std::bad_alloc();
  if (PQstatus(connection_) == CONNECTION_BAD) lose(PQerrorMessage(connection_));
  PQsetNoticeReceiver(connection_, ignore_notice, nullptr);
  // PQconnectPoll's own rule: begin as if it had said PGRES_POLLING_WRITING.
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
    if (next == PGRES_POLLING_FAILED) lose(PQerrorMessage(connection_));
    const SteadyTime wake = before_wait();
    if (wake == SteadyTime::min()) lose("given up");
    if (steady_now() >= deadline) lose("PostgreSQL did not take the connection in time");
    pollfd waited{PQsocket(connection_), static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                  0};
    if (poll(&waited, 1, milliseconds_until(std::min(deadline, wake))) > 0) next = PQconnectPoll(connection_);
  }
  PQsetnonblocking(connection_, 1);
  PQenterPipelineMode(connection_);
  set_session();
}

void Connection::set_session() {
  // Every statement of ours looks rows up by key. Plans are kept while tables grow from nothing to millions,
  // so the ones that read whole tables are ruled out. A session that is stopped inside a transaction must not
  // hold its locks.
  static constexpr std::string_view sql =
      "SELECT set_config('statement_timeout', $1, false), "
      "set_config('idle_in_transaction_session_timeout', $1, false), set_config('jit', 'off', false), "
      "set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), "
      "set_config('enable_mergejoin', 'off', false), CASE WHEN current_setting('synchronous_commit') = 'off' "
      "THEN set_config('synchronous_commit', 'on', false) END";
  const Statement statement{sql,
                            std::move(Parameters().text(fmt::format("{}ms", statement_timeout_.count())))};
  run({&statement, 1}, steady_now() + statement_timeout_);
}

void Connection::look() {
  if (!PQconsumeInput(connection_) || PQstatus(connection_) == CONNECTION_BAD) close();
}

void Connection::wait(short events, SteadyTime deadline) {
  pollfd waited{PQsocket(connection_), events, 0};
  const int left_ms = milliseconds_until(deadline);
  if (poll(&waited, 1, left_ms) == 0 && steady_now() >= deadline) lose("PostgreSQL did not answer in time");
  if ((waited.revents & POLLIN) != 0 && !PQconsumeInput(connection_))
    lose("the connection to PostgreSQL broke");
}

pg_result* Connection::next_result(SteadyTime deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) lose("the connection to PostgreSQL broke");
    if (!PQisBusy(connection_)) return PQgetResult(connection_);
    wait(static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), deadline);
  }
}

void Connection::send(const Statement& statement, std::vector<Sent>& sent) {
  const auto& values = statement.parameters.values();
  const auto& types = statement.parameters.types();
  auto known = prepared_.find(statement.sql);
  std::string name = known != prepared_.end() ? known->second : std::string();
  for (const Sent& earlier : sent)
    if (earlier.prepares == statement.sql && !earlier.prepares.empty()) name = earlier.name;
  bool taken = true;
  if (name.empty()) {
    name = fmt::format("v{}", next_name_++);
    taken = PQsendPrepare(connection_, name.c_str(), std::string(statement.sql).c_str(),
                          static_cast<int>(types.size()), types.data()) == 1;
    sent.push_back({statement.sql, name});
  }
  std::vector<const char*> data;
  std::vector<int> lengths, formats(values.size(), 1);
  for (const std::string& value : values) {
    data.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  taken = taken && PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()),
                                       data.data(), lengths.data(), formats.data(), 1) == 1;
  if (!taken) lose("the connection to PostgreSQL broke");
  sent.push_back({});
}

std::vector<Rows> Connection::run(std::span<const Statement> statements, SteadyTime deadline) {
  if (!connected()) throw Fault{FaultKind::lost, "not connected to PostgreSQL"};
  static const Statement roll_back{"ROLLBACK", {}};
  std::vector<Sent> sent;
  const bool left_open = std::exchange(roll_back_first_, false);
  if (left_open) send(roll_back, sent);
  for (const Statement& statement : statements) send(statement, sent);
  if (PQpipelineSync(connection_) != 1) lose("the connection to PostgreSQL broke");

  std::vector<Rows> rows;
  std::optional<Fault> fault;
  for (const Sent& command : sent) {
    while (pg_result* result = next_result(deadline)) {
      Rows held(result);
      const ExecStatusType status = PQresultStatus(result);
      if (status == PGRES_FATAL_ERROR && !fault) fault = fault_of(result);
      if (PQstatus(connection_) == CONNECTION_BAD)
        lose(fault ? fault->message : "the connection to PostgreSQL broke");
      if (status == PGRES_COMMAND_OK && !command.prepares.empty())
        prepared_.emplace(command.prepares, command.name);
      if (command.prepares.empty() && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK))
        rows.push_back(std::move(held));
    }
    if (PQstatus(connection_) == CONNECTION_BAD) lose("the connection to PostgreSQL broke");
  }
  // A commit that fails while the pipeline is synchronised is an error in place of the sync's own result.
  for (bool synced = false; !synced;) {
    pg_result* result = next_result(deadline);
    if (PQstatus(connection_) == CONNECTION_BAD) {
      PQclear(result);
      lose("the connection to PostgreSQL broke");
    }
    if (!result) continue;
    if (PQresultStatus(result) == PGRES_FATAL_ERROR && !fault) fault = fault_of(result);
    synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    PQclear(result);
  }
  if (fault && fault->kind == FaultKind::lost) close();
  if (fault) {
    roll_back_first_ = connected() && PQtransactionStatus(connection_) != PQTRANS_IDLE;
    throw *fault;
  }
  if (left_open) rows.erase(rows.begin());
  return rows;
}

void Connection::run_script(const std::string& sql, SteadyTime deadline) {
  PQexitPipelineMode(connection_);
  if (PQsendQuery(connection_, sql.c_str()) != 1) lose("the connection to PostgreSQL broke");
  std::optional<Fault> fault;
  while (pg_result* result = next_result(deadline)) {
    if (PQresultStatus(result) == PGRES_FATAL_ERROR && !fault) fault = fault_of(result);
    PQclear(result);
    if (PQstatus(connection_) == CONNECTION_BAD) lose("the connection to PostgreSQL broke");
  }
  PQenterPipelineMode(connection_);
  if (fault) throw *fault;
}

std::vector<Rows> Transaction::flush() {
  std::vector<Statement> statements;
  const bool begins = !std::exchange(begun_, true);
  if (begins) statements.push_back({"BEGIN", {}});
  std::ranges::move(waiting_, std::back_inserter(statements));
  waiting_.clear();
  std::vector<Rows> rows = connection_.run(statements, deadline_);
  if (begins) rows.erase(rows.begin());
  return rows;
}

std::vector<Rows> Transaction::commit() {
  add("COMMIT");
  std::vector<Rows> rows = flush();
  committed_ = true;
  rows.pop_back();
  return rows;
}

}  // namespace vestnik::store::postgres
