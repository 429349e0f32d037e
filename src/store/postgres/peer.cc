#include "store/postgres/peer.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace vestnik::store::postgres {
namespace {

constexpr int answer_timeout_ms = 60'000;

}  // namespace

Peer::Peer() {
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  char path[] = "tests/peers/postgres";  // tests run in the source directory
  char* arguments[] = {path, nullptr};
  const int failed = posix_spawn(&pid_, path, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(to[0]);
  ::close(from[1]);
  in_ = to[1];
  out_ = from[0];
  if (failed) throw std::runtime_error("tests/peers/postgres can't be started");
  url_ = read_line();
}

Peer::~Peer() {
  ::close(in_);
  waitpid(pid_, nullptr, 0);
  ::close(out_);
}

std::string Peer::read_line() {
  for (;;) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    pollfd waited{out_, POLLIN, 0};
    char buffer[512];
    const ssize_t n = poll(&waited, 1, answer_timeout_ms) > 0 ? ::read(out_, buffer, sizeof buffer) : 0;
    if (n <= 0) throw std::runtime_error("tests/peers/postgres gave no answer");
    read_.append(buffer, static_cast<std::size_t>(n));
  }
}

void Peer::command(const std::string& command) {
  const std::string line = command + "\n";
  if (::write(in_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || read_line() != "ok")
    throw std::runtime_error("tests/peers/postgres failed at " + command);
}

const std::string& shared_server_url() {
  static const char* given = std::getenv("VESTNIK_TEST_DATABASE_URL");
  static const std::unique_ptr<Peer> own = given ? nullptr : std::make_unique<Peer>();
  static const std::string url = given ? given : own->url();
  return url;
}

std::string fresh_schema(const std::string& url) {
  static std::atomic<int> next{0};
  const std::string schema = fmt::format("test_{}_{}", getpid(), next++);
  Session(url).run("CREATE SCHEMA " + schema);
  return fmt::format("{}{}options=-csearch_path%3D{}", url, url.find('?') == std::string::npos ? "?" : "&",
                     schema);
}

Session::Session(const std::string& url) : connection_(PQconnectdb(url.c_str()), PQfinish) {}

std::string Session::run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()), PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

bool Session::becomes(const std::string& sql, const std::string& expected) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    if (run(sql) == expected) return true;
    run("SELECT pg_sleep(0.005)");
  }
  return false;
}

}  // namespace vestnik::store::postgres
